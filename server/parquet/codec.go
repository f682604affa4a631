package parquet

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

var codecNames = []string{"none", "snappy", "gzip", "LZO", "Brotli", "LZ4", "zstd", "LZ4"}

// unpack gives the size bytes that data is packed from.
func unpack(codec int64, data []byte, size int64) ([]byte, error) {
	if size < 0 || size > maxPage {
		return nil, fmt.Errorf("a page claims %d bytes: the file is damaged", size)
	}
	name := fmt.Sprint(codec)
	if codec >= 0 && codec < int64(len(codecNames)) {
		name = codecNames[codec]
	}
	out, err := data, error(nil)
	switch name {
	case "none":
	case "snappy":
		var n int
		if n, err = snappy.DecodedLen(data); err == nil && int64(n) == size && n <= 32*len(data) { // 2 bytes copy 64 at most
			out, err = snappy.Decode(nil, data)
		} else if err == nil {
			err = fmt.Errorf("%d bytes: want %d", n, size)
		}
	case "gzip":
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			out, err = atMost(z, size)
		}
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)); err == nil {
			out, err = atMost(z, size)
			z.Close()
		}
	default:
		return nil, fmt.Errorf("it is packed with %s: want snappy, gzip, zstd or none: write it with pyarrow's defaults", name)
	}
	if err == nil && int64(len(out)) != size {
		err = fmt.Errorf("%d bytes: want %d", len(out), size)
	}
	if err != nil {
		return nil, fmt.Errorf("a page cannot be unpacked (%s): %w: the file is damaged: copy or download it again", name, err)
	}
	return out, nil
}

// atMost reads a stream to its end, which must come within size bytes.
func atMost(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, size+1))
	if err == nil && n > size {
		err = fmt.Errorf("more than the %d bytes it claims", size)
	}
	return b.Bytes(), err
}
