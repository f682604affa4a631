package cluster

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

// put packs a folder and puts it in a store under its hash, unless it is there.
func put(ctx context.Context, store jetstream.ObjectStore, path string, skip func(string) bool) (hash string, err error) {
	f, err := os.CreateTemp(filepath.Dir(filepath.Clean(path)), ".pack-*.tar")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	sum := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<20)
	if err := errors.Join(pack(buffered, path, skip), buffered.Flush()); err != nil {
		return "", err
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	if _, err := store.GetInfo(ctx, hash); err == nil {
		return hash, nil
	} else if !errors.Is(err, jetstream.ErrObjectNotFound) {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	_, err = store.Put(ctx, jetstream.ObjectMeta{Name: hash}, f)
	return hash, err
}

// get unpacks what a store has under a hash into a folder, which appears whole or not at all. One that is there already is that.
func get(ctx context.Context, store jetstream.ObjectStore, hash, folder string) (err error) {
	if !isHash(hash) {
		return fmt.Errorf("%w: object %.80q: want a hash", errMessage, hash)
	}
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	object, err := store.Get(ctx, hash)
	if err != nil {
		return fmt.Errorf("object %.16s: %w", hash, err)
	}
	defer object.Close()
	part := folder + ".part"
	defer func() {
		if err != nil {
			_ = wholefile.RemoveAll(part) // the first error is returned
		}
	}()
	if err := errors.Join(wholefile.RemoveAll(part), wholefile.MkdirAll(filepath.Dir(folder), 0o755)); err != nil {
		return err
	}
	sum := sha256.New()
	from := io.TeeReader(object, sum)
	err = unpack(from, part)
	if err == nil {
		_, err = io.Copy(io.Discard, from) // what follows the last entry
	}
	if err != nil {
		return fmt.Errorf("object %.16s: %w", hash, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != hash {
		return fmt.Errorf("%w: object %.16s: its hash is %.16s", errMessage, hash, got)
	}
	if err := wholefile.SyncFolders(part); err != nil {
		return err
	}
	return errors.Join(wholefile.Rename(part, folder), wholefile.SyncFolder(filepath.Dir(folder)))
}
