package main

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Sizes have units of 1000 or of 1024, and come back from how they are written; what is no size, or too little, is refused.
func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"8GB": 8e9, "7.5GiB": 7680 << 20, " 900 mb ": 900e6, "16MiB": 16 << 20, "20000kb": 2e7, "1TiB": 1 << 40, "33554432b": 32 << 20} {
		var b, again byteSize
		if err := b.Set(text); err != nil || int64(b) != want {
			t.Errorf("%q is %d, %v; want %d", text, b, err, want)
		} else if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%q is written as %q, which is %d, %v", text, b.String(), again, err)
		}
	}
	for text, want := range map[string]string{"": "unit", "8": "unit", "GB": "unit", "-8GB": "unit", "0GB": "unit", "NaNGB": "unit", "InfGB": "unit", "8 apples": "unit",
		"1e30GB": "unit", "8GB8": "unit", "1MB": "16MiB or more"} {
		b := byteSize(7)
		if err := b.Set(text); err == nil || !strings.Contains(err.Error(), want) || b != 7 {
			t.Errorf("%q: %v, %d; want an error with %q", text, err, b, want)
		}
	}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	var f commonFlags
	f.add(fs)
	if err := fs.Parse([]string{"--memory", "8XB"}); err == nil || !strings.Contains(err.Error(), `invalid argument "8XB" for "--memory" flag: want a number above 0 with a unit, such as 8GB`) {
		t.Errorf("error %v", err)
	}
}
