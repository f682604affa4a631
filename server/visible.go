package main

import (
	"fmt"
	"unicode"
)

// visible shows control characters, but for line ends and tabs, and characters that turn the direction of writing as
// \u001b: names of foreign files and classes reach the terminal, and must not command it.
func visible(text string) string {
	for _, r := range text {
		if commands(r) {
			return shown(text)
		}
	}
	return text
}

func shown(text string) string {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if commands(r) {
			out = append(out, []rune(fmt.Sprintf("\\u%04x", r))...) // as JSON has it, which passes through here too
		} else {
			out = append(out, r)
		}
	}
	return string(out)
}

// commands reports whether a terminal obeys a character instead of showing it.
func commands(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == '\r':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}
