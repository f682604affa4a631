package torchfile

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
)

// blob is the bytes of a storage: a part of the file, or an entry of an archive that is compressed.
type blob struct {
	name  string
	in    io.ReaderAt
	at    int64 // of the file
	bytes int64
	entry *zip.File // nil outside of an archive
}

// maxRatio bounds how much smaller an entry may be by compression: weights hardly get smaller at all.
const maxRatio = 20

// blobOf is an entry of an archive.
func blobOf(z *zip.File, in io.ReaderAt, size int64) (*blob, error) {
	b := &blob{name: z.Name, in: in, bytes: int64(z.UncompressedSize64), entry: z}
	packed := z.CompressedSize64
	switch {
	case z.Flags&1 != 0:
		return nil, fmt.Errorf("entry %q of the archive is encrypted: unpack it and pack it without a password", z.Name)
	case packed > uint64(size):
		return nil, fmt.Errorf("entry %q of the archive has %d bytes, the file has %d: it is cut short: fetch or save it again", z.Name, packed, size)
	case z.Method == zip.Store:
		if z.UncompressedSize64 != packed {
			return nil, fmt.Errorf("entry %q of the archive is stored, with %d bytes of %d: the file is damaged: fetch or save it again", z.Name, packed, z.UncompressedSize64)
		}
	case z.Method != zip.Deflate:
		return nil, fmt.Errorf("entry %q of the archive is compressed by method %d: want it stored, as torch.save does: save it again", z.Name, z.Method)
	case z.UncompressedSize64 > 1<<20 && z.UncompressedSize64/maxRatio > packed:
		return nil, fmt.Errorf("entry %q of the archive claims %d bytes from %d: no weights compress more than %d times: refused", z.Name, z.UncompressedSize64, packed, maxRatio)
	}
	var err error
	if b.at, err = z.DataOffset(); err == nil && b.at > size-int64(packed) {
		err = fmt.Errorf("it ends past the end of the file: fetch or save it again")
	}
	if err != nil {
		return nil, fmt.Errorf("entry %q of the archive: %w", z.Name, err)
	}
	return b, nil
}

// read hands the n bytes from byte at on to take, in runs, with the place of each. What is read whole is compared with its
// checksum.
func (b *blob) read(at, n, run int64, take func(at int64, raw []byte)) error {
	if at < 0 || n < 0 || n > b.bytes-at {
		return fmt.Errorf("bytes %d to %d of %q, which has %d: the file is cut short: fetch or save it again", at, at+n, b.name, b.bytes)
	}
	var from io.Reader = io.NewSectionReader(b.in, b.at+at, n)
	if b.entry != nil && b.entry.Method == zip.Deflate {
		unpacked, err := b.entry.Open()
		if err != nil {
			return fmt.Errorf("entry %q of the archive: %w", b.name, err)
		}
		defer unpacked.Close()
		if _, err := io.CopyN(io.Discard, unpacked, at); err != nil {
			return fmt.Errorf("entry %q of the archive: %w: fetch or save it again", b.name, err)
		}
		from = unpacked
	}
	sum := crc32.NewIEEE()
	raw := make([]byte, min(run, n))
	for done := int64(0); done < n; done += int64(len(raw)) {
		raw = raw[:min(int64(len(raw)), n-done)]
		if _, err := io.ReadFull(from, raw); err != nil {
			return fmt.Errorf("%q, byte %d: %w: fetch or save it again", b.name, at+done, err)
		}
		sum.Write(raw)
		take(done, raw)
	}
	if b.entry != nil && n == b.bytes && b.entry.CRC32 != 0 && sum.Sum32() != b.entry.CRC32 {
		return fmt.Errorf("entry %q of the archive has another checksum than its bytes: the file is damaged: fetch or save it again", b.name)
	}
	return nil
}
