package event

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// What decodes is consistent, encodes again, and means the same afterwards.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.cbor")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files as seeds: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Encode(m)
		if err != nil {
			t.Fatalf("decoded %+v does not encode: %v", m, err)
		}
		m2, err := Decode(again)
		if err != nil {
			t.Fatalf("own encoding does not decode: %v", err)
		}
		if third, _ := Encode(m2); !bytes.Equal(again, third) {
			t.Fatalf("encoding is not stable for %+v", m)
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(header))
	var log []byte
	for _, e := range samples() {
		data, _ := Encode(message(e))
		log = append(log, record(data)...)
	}
	f.Add(append([]byte(header), log...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		for {
			_, err := r.Next()
			if r.Offset() > int64(len(data)) {
				t.Fatalf("offset %d behind the end %d", r.Offset(), len(data))
			}
			if err != nil && !errors.Is(err, ErrUnknownKind) {
				return
			}
		}
	})
}

// A few bytes that promise a lot must not make the decoder allocate it.
func TestHostileLengthsCostNothing(t *testing.T) {
	envelope := func(kind byte, body ...byte) []byte {
		return append([]byte{0xa5, 1, 0x18, kind, 2, 0, 3, 0, 4, 0, 5}, body...)
	}
	huge := []byte{0xff, 0xff, 0xff, 0xff}
	cases := map[string][]byte{
		"array":            envelope(byte(KindMetrics), append([]byte{0xa1, 1, 0x9a}, huge...)...),
		"array of 8 bytes": envelope(byte(KindMetrics), 0xa1, 1, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"map":              envelope(byte(KindHello), append([]byte{0xba}, huge...)...),
		"bytes":            envelope(byte(KindImages), append([]byte{0xa1, 8, 0x5a}, huge...)...),
		"text":             envelope(byte(KindLog), append([]byte{0xa1, 2, 0x7a}, huge...)...),
		"depth":            envelope(byte(KindCloud), bytes.Repeat([]byte{0x81}, 5000)...),
		"tag bomb":         envelope(byte(KindCloud), bytes.Repeat([]byte{0xc1}, 5000)...),
		"endless":          envelope(byte(KindLog), 0xbf, 1, 0, 0xff),
		"twice a key":      envelope(byte(KindCredit), 0xa2, 1, 1, 1, 2),
		"log record":       append([]byte(header), 0xff, 0xff, 0xff, 1, 1, 2, 3, 4, 5),
	}
	for name, data := range cases {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var err error
		if name == "log record" {
			var r *Reader
			if r, err = NewReader(bytes.NewReader(data)); err == nil {
				_, err = r.Next()
			}
		} else {
			_, err = Decode(data)
		}
		runtime.ReadMemStats(&after)
		if err == nil || errors.Is(err, ErrUnknownKind) {
			t.Errorf("%s: got %v, want an error", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: allocated %d bytes for an input of %d", name, n, len(data))
		}
	}
}

// Whatever the bytes: what a recording lists can be read or is refused in words, and an index fits in its file.
func FuzzOpenRecording(f *testing.F) {
	golden, err := os.ReadFile("testdata/recording.reta")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)-footSize])
	f.Add(golden[:300])
	f.Add([]byte("RETALOG\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := OpenRecording(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if x := c.Index(); x.Size() > int64(len(data)) || c.Cut() < 0 || c.Cut() > int64(len(data)) {
			t.Fatalf("records up to byte %d and %d cut of %d", x.Size(), c.Cut(), len(data))
		}
		for _, e := range c.Index().Entries() {
			_, err := c.Read(e)
			if err != nil && !c.Indexed() && !errors.Is(err, ErrUnknownKind) {
				t.Fatalf("a record found by reading does not read: %v", err)
			}
		}
		for _, step := range append(c.Index().Steps(), -1, 0, c.Index().Last(), 1<<60) {
			c.Index().At(step)
		}
	})
}

func FuzzReadIndex(f *testing.F) {
	golden, err := os.ReadFile("testdata/recording.reta")
	if err != nil {
		f.Fatal(err)
	}
	c, err := OpenRecording(bytes.NewReader(golden), int64(len(golden)))
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range []Index{c.Index(), newIndex(nil)} {
		var b bytes.Buffer
		if _, err := x.WriteTo(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := ReadIndex(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := x.WriteTo(&b); err != nil {
			t.Fatalf("an index that was read is not written: %v", err)
		}
		if y, err := ReadIndex(&b); err != nil || y.Len() != x.Len() {
			t.Fatalf("%d entries became %d: %v", x.Len(), y.Len(), err)
		}
	})
}
