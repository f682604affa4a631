package cluster

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"reta/shared/wholefile"
)

// put packs a folder and puts it in a store under its hash, after a prefix, unless it is there. It is read twice, so that no disk needs
// room for the packed form.
func put(ctx context.Context, store jetstream.ObjectStore, prefix, path string, skip func(string) bool) (hash string, err error) {
	sum := sha256.New()
	if err := pack(sum, path, skip); err != nil {
		return "", err
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	if _, err := store.GetInfo(ctx, prefix+hash); err == nil {
		return hash, nil
	} else if !errors.Is(err, jetstream.ErrObjectNotFound) {
		return "", err
	}
	from, to := io.Pipe()
	defer from.Close()
	go func() {
		buffered := bufio.NewWriterSize(to, 1<<20)
		to.CloseWithError(errors.Join(pack(buffered, path, skip), buffered.Flush()))
	}()
	_, err = store.Put(ctx, jetstream.ObjectMeta{Name: prefix + hash}, from)
	return hash, err
}

// drop removes an object of a bucket, and what marks it as removed, which would stay.
func drop(ctx context.Context, js jetstream.JetStream, bucket, name string) {
	store, err := js.ObjectStore(ctx, bucket)
	if err != nil || store.Delete(ctx, name) != nil {
		return // best effort: it goes when it is old
	}
	if stream, err := js.Stream(ctx, "OBJ_"+bucket); err == nil {
		_ = stream.Purge(ctx, jetstream.WithPurgeSubject("$O."+bucket+".M."+base64.URLEncoding.EncodeToString([]byte(name))))
	}
}

// errStalled is the error of an object of which nothing comes any more, as one that the broker has lost a piece of.
var errStalled = fmt.Errorf("nothing came for %v", longestSilence)

const longestSilence = 15 * time.Second

// unfinished ends the name of a folder that is being fetched.
const unfinished = ".part"

// source is an object that is read, and the error of reading it.
type source struct {
	io.Reader
	silent *time.Timer
	err    error
}

func (s *source) Read(p []byte) (n int, err error) {
	if n, err = s.Reader.Read(p); n > 0 {
		s.silent.Reset(longestSilence)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// get unpacks what a store has under a hash into a folder, which appears whole or not at all. One that is there already is that. An
// error of its content is errMessage.
func get(ctx context.Context, store jetstream.ObjectStore, prefix, hash, folder string) (err error) {
	if !isHash(hash) {
		return fmt.Errorf("%w: object %.80q: want a hash", errMessage, hash)
	}
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(longestSilence, func() { cancel(errStalled) })
	defer silent.Stop()
	defer func() {
		if err != nil && errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
	}()
	object, err := store.Get(ctx, prefix+hash)
	if err != nil {
		return fmt.Errorf("object %.16s: %w", hash, err)
	}
	defer object.Close()
	part := folder + unfinished
	defer func() {
		if err != nil {
			_ = wholefile.RemoveAll(part) // the first error is returned
		}
	}()
	if err := errors.Join(wholefile.RemoveAll(part), wholefile.MkdirAll(filepath.Dir(folder), 0o755)); err != nil {
		return err
	}
	sum := sha256.New()
	read := &source{Reader: object, silent: silent}
	from := io.TeeReader(read, sum)
	err = unpack(from, part)
	if err == nil {
		_, err = io.Copy(io.Discard, from) // what follows the last entry
	}
	if err != nil && read.err == nil && !full(err) {
		err = fmt.Errorf("%w: %w", errMessage, err)
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
