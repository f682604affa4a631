package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// fingerprint identifies one image of a set and its content, 64 bits of a hash each.
type fingerprint struct{ id, content uint64 }

const fingerprintBytes = 16

func (d *Dataset) fingerprintsOf(sums [][sha256.Size]byte) []fingerprint {
	list := make([]fingerprint, 0, len(sums))
	for i, it := range slices.Concat(d.Train.items, d.Test.items) {
		id := sha256.Sum256([]byte(it.id))
		d.ids = append(d.ids, it.id)
		list = append(list, fingerprint{binary.BigEndian.Uint64(id[:]), binary.BigEndian.Uint64(sums[i][:])})
	}
	return list
}

// Fingerprints are 16 bytes for each image used. Kept beside what was made of the
// set, they let a later opening say what has changed (see Changes).
func (d *Dataset) Fingerprints() []byte {
	out := make([]byte, 0, fingerprintBytes*len(d.fingerprints))
	for _, p := range d.fingerprints {
		out = binary.BigEndian.AppendUint64(out, p.id)
		out = binary.BigEndian.AppendUint64(out, p.content)
	}
	return out
}

// Changes says in which images the set differs from the one that before are the
// Fingerprints of, as in "2 of 4000 images differ: train/cat/1.png, ...", or gives
// "" when the images are the same.
func (d *Dataset) Changes(before []byte) (string, error) {
	if len(before)%fingerprintBytes != 0 {
		return "", fmt.Errorf("fingerprints of %d bytes: want a multiple of %d: the file is damaged", len(before), fingerprintBytes)
	}
	old := make(map[uint64]uint64, len(before)/fingerprintBytes)
	for ; len(before) > 0; before = before[fingerprintBytes:] {
		old[binary.BigEndian.Uint64(before)] = binary.BigEndian.Uint64(before[8:])
	}
	var differ, added []string
	for i, p := range d.fingerprints {
		content, was := old[p.id]
		delete(old, p.id)
		if !was {
			added = append(added, d.ids[i])
		} else if content != p.content {
			differ = append(differ, d.ids[i])
		}
	}
	var parts []string
	if len(differ) > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d images differ: %s", len(differ), len(d.fingerprints), firstOf(differ, ", ")))
	}
	if len(added) > 0 {
		parts = append(parts, fmt.Sprintf("%d new: %s", len(added), firstOf(added, ", ")))
	}
	if len(old) > 0 {
		parts = append(parts, fmt.Sprintf("%d missing", len(old)))
	}
	return strings.Join(parts, "; "), nil
}
