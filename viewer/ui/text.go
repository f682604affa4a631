package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number writes v short enough for an axis: three significant digits.
func Number[F float32 | float64](v F) string {
	x := float64(v)
	a := math.Abs(x)
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return "∞"
	case a == 0:
		return "0"
	case a >= 1e6:
		return fmt.Sprintf("%.3gM", x/1e6)
	case a >= 1e4:
		return fmt.Sprintf("%.3gk", x/1e3)
	case a < 1e-3:
		return strconv.FormatFloat(x, 'e', 1, 64)
	}
	return strconv.FormatFloat(roundDigits(x, 3), 'f', -1, 64)
}

func roundDigits(v float64, n int) float64 {
	p := math.Pow(10, float64(n)-math.Ceil(math.Log10(math.Abs(v))))
	if math.Abs(v) >= 1000 {
		return math.Round(v)
	}
	return math.Round(v*p) / p
}

// Exact writes a float32 with all its digits, for a file.
func Exact(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// Bytes writes a size in kB, MB or GB.
func Bytes(n float64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.0f kB", n/1e3)
	}
	if n < 1e9 {
		return fmt.Sprintf("%.0f MB", n/1e6)
	}
	return fmt.Sprintf("%.1f GB", n/1e9)
}

// Duration writes seconds as days, hours or minutes.
func Duration(seconds float64) string {
	n := int(math.Ceil(min(seconds, 1e8)))
	switch {
	case n >= 86400:
		return fmt.Sprintf("%d d %d h", n/86400, n%86400/3600)
	case n >= 3600:
		return fmt.Sprintf("%d h %02d min", n/3600, n%3600/60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// Count writes how many there are of a thing.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// Ellipsis shortens s until it fits in a width on c.
func Ellipsis(c Canvas, s string, size, width float64) string {
	if c.TextWidth(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if short := strings.TrimSpace(string(runes[:n])) + "…"; c.TextWidth(short, size) <= width {
			return short
		}
	}
	return ""
}
