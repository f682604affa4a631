// Command pack compresses the viewer's program for browsers when the program is built:
//
//	pack bin/viewer.wasm server/web/static/viewer.wasm
//
// It writes viewer.wasm.br, viewer.wasm.gz and the sidecar viewer.wasm.json, which holds the size of the unpacked
// program (a progress bar wants it, and a brotli file does not tell it), its SHA-256 and the quality. Brotli at its best
// takes a core for a minute: with the sidecar of the same program and of this quality or a better one beside both files
// nothing is done. -quality 5 packs in a second, for work on the viewer; only the best meets the limit of size.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

func main() {
	quality := flag.Int("quality", brotli.BestCompression, "of brotli, 0 to 11")
	flag.Parse()
	if flag.NArg() != 2 || *quality < brotli.BestSpeed || *quality > brotli.BestCompression {
		fmt.Fprintln(os.Stderr, "pack: want [-quality 0..11] PROGRAM NAME, to write NAME.br, NAME.gz and NAME.json")
		os.Exit(2)
	}
	if err := pack(flag.Arg(0), flag.Arg(1), *quality); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// sidecar describes a packed program.
type sidecar struct {
	Decoded int    `json:"decoded"` // bytes, unpacked
	SHA256  string `json:"sha256"`  // of the unpacked program, hex
	Quality int    `json:"quality"` // of the brotli form
}

// pack reads the program in and writes the three files named out, the sidecar last.
func pack(in, out string, quality int) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return fmt.Errorf("program: %w", err)
	}
	about := sidecar{len(data), fmt.Sprintf("%x", sha256.Sum256(data)), quality}
	description, err := json.Marshal(about)
	if err != nil {
		return err
	}
	description = append(description, '\n')
	if done(out, about) {
		now := time.Now()
		return os.Chtimes(out+".json", now, now) // for make: it is up to date
	}
	var br, gz []byte
	var brErr, gzErr error
	var both sync.WaitGroup
	both.Go(func() {
		br, brErr = through(data, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, quality) })
	})
	both.Go(func() {
		gz, gzErr = through(data, func(w io.Writer) io.WriteCloser {
			z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // fails for unknown levels only
			return z
		})
	})
	both.Wait()
	if brErr != nil || gzErr != nil {
		return fmt.Errorf("brotli: %v, gzip: %v", brErr, gzErr)
	}
	for _, file := range []struct {
		ending  string
		content []byte
	}{{".br", br}, {".gz", gz}, {".json", description}} {
		if err := os.WriteFile(out+file.ending, file.content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// done reports whether the files named out are those of a program, packed at least as well.
func done(out string, about sidecar) bool {
	for _, ending := range []string{".br", ".gz"} {
		if info, err := os.Stat(out + ending); err != nil || info.Size() == 0 {
			return false
		}
	}
	var before sidecar
	text, err := os.ReadFile(out + ".json")
	return err == nil && json.Unmarshal(text, &before) == nil &&
		before.SHA256 == about.SHA256 && before.Decoded == about.Decoded && before.Quality >= about.Quality
}

func through(data []byte, open func(io.Writer) io.WriteCloser) ([]byte, error) {
	var b bytes.Buffer
	z := open(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
