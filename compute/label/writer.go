package label

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"reta/compute/nn"
	"reta/shared/fault"
	"reta/shared/wholefile"
)

// ErrOther marks the error for a folder that holds other labels.
var ErrOther = errors.New("the folder holds other labels")

// Writer writes a store epoch by epoch. It may be stopped or killed at any moment: a new Writer on the folder goes on where
// it was, and the finished files are the same to the byte.
//
// Epochs of the shard in the making lie in a file beside it, float32 with a checksum after each; a shard is written from it
// whole or not at all.
type Writer struct {
	dir    string
	m      Manifest
	codec  codec
	shards []Shard  // all, of which m lists the finished ones
	part   *os.File // of shard len(m.Shards); nil when all are finished, and when closed
	next   int      // epoch
}

// NewWriter begins a store in a folder, which it makes, or goes on with one; ErrOther where it holds a store of other labels.
// The store may be finished: then Next is the number of epochs.
func NewWriter(dir string, m Manifest) (*Writer, error) {
	c, err := m.codec()
	if err != nil {
		return nil, err
	}
	m.Schema, m.Shards = Schema, nil
	if err := m.divide(); err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, m: m, codec: c}
	if err := wholefile.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	if err := w.takeUp(); err != nil {
		return nil, err
	}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// divide chooses the epochs of a file, where that is not done, and checks the manifest.
func (m *Manifest) divide() error {
	c, err := m.codec()
	if err != nil {
		return err
	}
	if m.Each == 0 {
		m.Each = int(min(max(1, shardBytes/c.bytes()), int64(m.count())))
	}
	return m.check()
}

// takeUp finds what an earlier writer has finished.
func (w *Writer) takeUp() error {
	was, file, err := begun(w.dir, w.m)
	switch {
	case err != nil:
		return err
	case file == "":
		w.shards = w.m.files()
		return w.m.write(w.file(unfinishedFile))
	}
	w.m, w.shards = was, was.files()
	return w.tidy(file == manifestFile)
}

// begun is the manifest of the same labels in a folder and its file's name, "" where there is none; ErrOther where it is of others.
func begun(dir string, asked Manifest) (was Manifest, file string, err error) {
	for _, file := range []string{manifestFile, unfinishedFile} {
		was, err := readManifest(filepath.Join(dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return was, file, Damaged(fmt.Errorf("labels: %w: delete %s to make the labels anew", err, dir))
		}
		if lines := was.Difference(asked); len(lines) > 0 {
			return was, file, fmt.Errorf("%w: %s: %s: delete it, or write to another folder", ErrOther, dir, strings.Join(lines, "; "))
		}
		return was, file, nil
	}
	return was, "", nil
}

// tidy removes what is of no more use once the manifest has all that is in it.
func (w *Writer) tidy(finished bool) error {
	var stale []string
	for _, s := range w.m.Shards {
		stale = append(stale, partOf(s))
	}
	if finished {
		stale = append(stale, unfinishedFile)
	}
	for _, name := range stale {
		if err := wholefile.Remove(w.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("labels: %w", err)
		}
	}
	return nil
}

// Lacks is the number of epochs that Relabel has still to label in a folder; ErrOther where others lie there. It writes nothing.
func Lacks(dir string, job Job) (int, error) {
	asked, err := job.manifest("")
	if err != nil {
		return 0, err
	}
	was, file, err := begun(dir, asked)
	if err != nil || file == "" {
		return asked.count(), err
	}
	w := Writer{dir: dir, m: was, shards: was.files()}
	if w.codec, err = was.codec(); err != nil {
		return 0, err
	}
	done, end := was.Epochs()
	if n := len(was.Shards); n > 0 {
		done = was.Shards[n-1].Epochs[1]
	}
	if n := len(was.Shards); n < len(w.shards) {
		if info, err := os.Stat(w.file(partOf(w.shards[n]))); err == nil {
			done = min(done+int(info.Size()/w.record()), end)
		}
	}
	return end - done, nil
}

// open opens the file of the shard in the making and counts the epochs that are in it.
func (w *Writer) open() error {
	if len(w.m.Shards) == len(w.shards) {
		_, w.next = w.m.Epochs()
		return nil
	}
	shard := w.shards[len(w.m.Shards)]
	w.next = shard.Epochs[0]
	if err := fault.File("open", w.file(partOf(shard))); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	part, err := os.OpenFile(w.file(partOf(shard)), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	w.part = part
	for w.next < shard.Epochs[1] {
		if _, err := w.read(w.next); err != nil {
			break // cut short, or of a disk that lost power
		}
		w.next++
	}
	if err := part.Truncate(int64(w.next-shard.Epochs[0]) * w.record()); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	if w.next == shard.Epochs[1] {
		return w.finish()
	}
	return nil
}

// Next is the epoch that Add takes, the one after the last once all are written.
func (w *Writer) Next() int { return w.next }

// Add writes the logits [images, classes] of epoch Next; rows of images that it leaves out are NaN.
func (w *Writer) Add(logits []float32) error {
	if w.part == nil {
		return fmt.Errorf("labels: epoch %d of %d: the store is finished or closed", w.next, w.m.Labels.Epochs)
	}
	if _, err := w.codec.encode(w.next, logits); err != nil {
		return err
	}
	record := make([]byte, 0, w.record())
	for _, x := range logits {
		record = binary.LittleEndian.AppendUint32(record, math.Float32bits(x))
	}
	record = binary.LittleEndian.AppendUint32(record, checksum(w.next, record))
	if err := fault.File("write", w.part.Name()); err != nil {
		return fmt.Errorf("labels: epoch %d: %w", w.next, err)
	}
	if _, err := w.part.WriteAt(record, w.place(w.next)); err != nil {
		return fmt.Errorf("labels: epoch %d: %w", w.next, err)
	}
	if w.next++; w.next == w.shards[len(w.m.Shards)].Epochs[1] {
		return w.finish()
	}
	return nil
}

// record is the size of an epoch in the making, place where it begins.
func (w *Writer) record() int64 { return 4 * (int64(w.codec.images)*int64(w.codec.classes) + 1) }

func (w *Writer) place(epoch int) int64 {
	return int64(epoch-w.shards[len(w.m.Shards)].Epochs[0]) * w.record()
}

// checksum is that of an epoch's number and logits.
func checksum(epoch int, logits []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(binary.LittleEndian.AppendUint64(nil, uint64(epoch)), table), table, logits)
}

// read is an epoch of the shard in the making.
func (w *Writer) read(epoch int) ([]float32, error) {
	record := make([]byte, w.record())
	if _, err := w.part.ReadAt(record, w.place(epoch)); err != nil {
		return nil, err
	}
	data := record[:len(record)-4]
	if checksum(epoch, data) != binary.LittleEndian.Uint32(record[len(data):]) {
		return nil, errors.New("its checksum is wrong")
	}
	logits := make([]float32, len(data)/4)
	for i := range logits {
		logits[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return logits, nil
}

// finish writes the shard in the making, notes it in the manifest, and begins the next one.
func (w *Writer) finish() error {
	shard := w.shards[len(w.m.Shards)]
	var tensors []nn.Tensor
	for epoch := shard.Epochs[0]; epoch < shard.Epochs[1]; epoch++ {
		logits, err := w.read(epoch)
		if err != nil {
			return fmt.Errorf("labels %s: epoch %d: %w", w.part.Name(), epoch, err)
		}
		part, err := w.codec.encode(epoch, logits)
		if err != nil {
			return err
		}
		tensors = append(tensors, part...)
	}
	shard, err := shard.write(w.dir, tensors)
	if err != nil {
		return err
	}
	w.m.Shards = append(w.m.Shards, shard)
	last := len(w.m.Shards) == len(w.shards)
	manifest := unfinishedFile
	if last {
		manifest = manifestFile
	}
	if err := w.m.write(w.file(manifest)); err != nil {
		return err
	}
	if err := errors.Join(w.Close(), w.tidy(last)); err != nil {
		return err
	}
	return w.open()
}

// write puts the shard's file into a folder, and completes what is known of it.
func (s Shard) write(dir string, epochs []nn.Tensor) (Shard, error) {
	file := filepath.Join(dir, s.File)
	err := nn.WriteTensors(file, nil, epochs)
	if err == nil {
		s.Bytes, s.SHA256, err = hashFile(file)
	}
	if err != nil {
		return s, fmt.Errorf("labels: %w", err)
	}
	return s, nil
}

// Close ends the writing; what is written stays. Closing twice is fine.
func (w *Writer) Close() error {
	if w.part == nil {
		return nil
	}
	part := w.part
	w.part = nil
	return part.Close()
}

func (w *Writer) file(name string) string { return filepath.Join(w.dir, name) }

// partOf names the file of a shard in the making.
func partOf(s Shard) string { return strings.TrimSuffix(s.File, ".safetensors") + ".part" }

// hashFile is the size and the SHA-256 of a file.
func hashFile(path string) (int64, string, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	return n, hex.EncodeToString(sum.Sum(nil)), err
}
