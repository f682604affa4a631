package run

import (
	"bytes"
	"testing"
)

// Settings of any bytes are refused, or are written and read again as the same.
func FuzzConfig(f *testing.F) {
	text, err := configOf(f, 1).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(bytes.Replace(text, []byte("schema = 2"), []byte("schema = 1"), 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Config
		if c.decode(text) != nil {
			return
		}
		once, err := c.Encode()
		if err != nil {
			return // such as a number that TOML reads and does not write
		}
		var again Config
		if err := again.decode(once); err != nil {
			t.Fatalf("%v in what was written:\n%s", err, once)
		}
		twice, err := again.Encode()
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v; written once:\n%s\nread, and written again:\n%s", err, once, twice)
		}
	})
}
