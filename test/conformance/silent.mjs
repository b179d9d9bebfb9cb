/** A logger for clients that complain of what they are asked to provoke. */
export const silent = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => 'error', setName() {} };
