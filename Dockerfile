# One image for the worker, the starter and the command line. Temporal is not in it.
FROM golang:1.26.8-alpine3.24 AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV GOCACHE=/go/build-cache
RUN --mount=type=cache,target=/go/build-cache \
    go build -trimpath -ldflags="-s -w" -o /out/ ./worker ./starter ./cmd/lastgood

# Alpine brings the CA certificates and the wget of the health checks.
FROM alpine:3.24.1
COPY --from=build /out/ /usr/local/bin/
USER 65532:65532
CMD ["lastgood", "help"]
