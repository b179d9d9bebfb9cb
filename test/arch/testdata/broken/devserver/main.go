// Command devserver is a module of its own.
package main
