package nn

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"reta/shared/wholefile"
)

// The metadata of a sealed file: its SHA-256, in which that counts as zeros; and that it has one.
const (
	sealKey   = "sha256"
	sealedKey = "sealed"
)

var (
	noSeal  = strings.Repeat("0", 2*sha256.Size)
	sealTag = []byte(`"` + sealKey + `":"`) // in a header: JSON writes a quote inside a text as \"
)

// ErrSeal marks a file whose bytes are not those that were written.
var ErrSeal = errors.New("the file is damaged: its bytes are not those that were written (SHA-256)")

// SealTensors is WriteTensors with a hash of the whole file in it, for what only this program reads again: checkpoints and
// caches. OpenSealed believes no byte that was changed since.
func SealTensors(path string, metadata map[string]string, tensors []Tensor) error {
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[sealKey], metadata[sealedKey] = noSeal, "sha256"
	file, err := wholefile.Create(path, 0o644)
	if err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	defer file.Abort()
	sum := sha256.New()
	if err := EncodeTensors(io.MultiWriter(file, sum), metadata, tensors); err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	at, err := sealPlace(file)
	if err == nil {
		_, err = file.WriteAt([]byte(hex.EncodeToString(sum.Sum(nil))), at)
	}
	if err == nil {
		err = file.Commit()
	}
	if err != nil {
		return fmt.Errorf("safetensors %s: %w", path, err)
	}
	return nil
}

// OpenSealed is OpenTensors for a file that SealTensors wrote. It reads the file once to compare the hash; a file with
// another one, or none, is ErrSeal.
func OpenSealed(path string) (*TensorFile, error) {
	f, err := OpenTensors(path)
	if err != nil {
		return nil, err
	}
	if err := checkSeal(path, f.metadata[sealKey]); err != nil {
		f.Close()
		return nil, fmt.Errorf("safetensors %s: %w", path, err)
	}
	return f, nil
}

// OpenUndamaged is OpenSealed that takes a file without a seal, of an older version of this program, as it is.
func OpenUndamaged(path string) (*TensorFile, error) {
	f, err := OpenSealed(path)
	if !errors.Is(err, ErrSeal) {
		return f, err
	}
	older, e := OpenTensors(path)
	if e != nil || older.metadata[sealKey] == "" && older.metadata[sealedKey] == "" {
		return older, e
	}
	older.Close()
	return nil, err
}

func checkSeal(path, seal string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	at, err := sealPlace(file)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, at)); err != nil {
		return err
	}
	io.WriteString(sum, noSeal)
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	after := at + int64(len(noSeal))
	if _, err := io.Copy(sum, io.NewSectionReader(file, after, stat.Size()-after)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != seal {
		return ErrSeal
	}
	return nil
}

// sealPlace is where a file's hash stands.
func sealPlace(file io.ReaderAt) (int64, error) {
	var prefix [8]byte
	if _, err := file.ReadAt(prefix[:], 0); err != nil {
		return 0, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxTensorHeader {
		return 0, ErrSeal
	}
	header := make([]byte, length)
	if _, err := file.ReadAt(header, 8); err != nil {
		return 0, err
	}
	at := bytes.Index(header, sealTag)
	if at < 0 || at+len(sealTag)+len(noSeal) > len(header) {
		return 0, ErrSeal
	}
	return 8 + int64(at+len(sealTag)), nil
}
