package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// fireWithin bounds one delivery: the starter answers within 5 s.
const fireWithin = 10 * time.Second

func fireCommand() *cobra.Command {
	var to string
	command := &cobra.Command{
		Use:   "fire FILE --to URL",
		Short: "Send a saved alert to a starter, as its monitor would",
		Long: `Send the body in FILE, or standard input where FILE is -, to the address of a starter's
source, such as https://lastgood.example.com/v1/alerts/alertmanager. The token is the first
one that ALERT_TOKENS, or the file that ALERT_TOKENS_FILE names, has for the source, the last
part of the address. A body for /v2/enqueue carries its own.`,
		Args: usageOf(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := sourceOf(to)
			if err != nil {
				return usageError{err}
			}
			body, err := saved(args[0], cmd.InOrStdin())
			if err != nil {
				return usageError{err}
			}
			tokens, err := alertTokens()
			if err != nil {
				return usageError{err}
			}
			answer, err := fire(cmd.Context(), to, tokenFor(source, tokens), body)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(answer))
			return err
		},
	}
	command.Flags().StringVar(&to, "to", "", "address of the starter's source")
	return command
}

// sourceOf is the source that an address is of.
func sourceOf(to string) (string, error) {
	if to == "" {
		return "", errors.New("say where: --to http://127.0.0.1:8080/v1/alerts/alertmanager")
	}
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", errors.New("--to is no address like http://127.0.0.1:8080/v1/alerts/alertmanager")
	}
	return path.Base(u.Path), nil
}

func saved(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(file)
}

// alertTokens are the starter's, from the variable or its file.
func alertTokens() (string, error) {
	file := os.Getenv("ALERT_TOKENS_FILE")
	if file == "" {
		return os.Getenv("ALERT_TOKENS"), nil
	}
	tokens, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("ALERT_TOKENS_FILE: %w; name a file that you may read, or set ALERT_TOKENS", err)
	}
	return strings.TrimSpace(string(tokens)), nil
}

// tokenFor is the first token of a source in a list like source:token,source:token.
func tokenFor(source, tokens string) string {
	for entry := range strings.SplitSeq(tokens, ",") {
		if token, found := strings.CutPrefix(strings.TrimSpace(entry), source+":"); found {
			return token
		}
	}
	return ""
}

// fire sends a body once, and gives the answer of a starter that has stored it.
func fire(ctx context.Context, to, token string, body []byte) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", usageError{err}
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := rest.NewClient(fireWithin).Do(request)
	if err != nil {
		return "", rest.FromTransport("starter", "send the alert", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 == 2 {
		answer, err := io.ReadAll(response.Body)
		return string(answer), err
	}
	failure := rest.FromResponse("starter", "send the alert", response)
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return "", fmt.Errorf("%w; set ALERT_TOKENS as the starter's", failure)
	case http.StatusServiceUnavailable:
		return "", fmt.Errorf("%w; it was not stored, and is safe to send again", failure)
	default:
		return "", failure
	}
}
