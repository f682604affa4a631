package label

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"reta/compute/models"
	"reta/compute/train"
	"reta/shared/protocol"
)

// Job is what is labelled, by whom and how.
type Job struct {
	Labels   protocol.Labels
	Images   train.Data // its Train are the images; its classes are those of the labels
	Teachers []*models.Model
	Weights  []float64 // of the teachers' logits in their mean; nil: equal
	// Only are the epochs to label, the first and the one after the last, of a store that others make the rest of (see Merge);
	// zero: all.
	Only [2]int
	// Shown has some views of the images emitted with their labels, see Show, as softmax(logits/Temperature).
	Shown       bool
	Temperature float64
}

// manifest describes the store that a job makes.
func (j Job) manifest(program string) (Manifest, error) {
	m := Manifest{Program: program, Labels: j.Labels, Only: j.Only, Side: j.Images.Size, Mean: j.Images.Mean, Std: j.Images.Std}
	weights, err := shares(j.Weights, len(j.Teachers))
	if err != nil {
		return m, err
	}
	for i, t := range j.Teachers {
		sum, err := fingerprint(t)
		if err != nil {
			return m, err
		}
		m.Teachers = append(m.Teachers, Teacher{Network: t.Name, SHA256: sum, Top1: t.Origin.Top1, Weight: weights[i]})
	}
	for _, c := range j.Images.Labels {
		m.Classes = append(m.Classes, Class{c.ID, c.Name})
	}
	for c := len(m.Classes); c < j.Images.Classes; c++ {
		m.Classes = append(m.Classes, Class{fmt.Sprint(c), fmt.Sprint(c)})
	}
	for i := range j.Images.Train.Len() {
		m.Images = append(m.Images, j.Images.Train.ID(i))
		m.Targets = append(m.Targets, int(j.Images.Train.Label(i)))
	}
	m.Pixels, err = HashImages(j.Images)
	return m, err
}

// HashImages is the SHA-256 of the RGB bytes of a set's training images in order, as Manifest.Pixels has it.
func HashImages(d train.Data) (string, error) {
	const some = 64
	each, n, sum := d.Size*d.Size*3, d.Train.Len(), sha256.New()
	rgb := make([]byte, min(some, n)*each)
	for first := 0; first < n; first += some {
		var idx []int
		for i := first; i < min(first+some, n); i++ {
			idx = append(idx, i)
		}
		if err := d.Train.Batch(idx, rgb[:len(idx)*each]); err != nil {
			return "", err
		}
		sum.Write(rgb[:len(idx)*each])
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// fingerprint is the SHA-256 of a network's file of weights or, of one that was not read from a file, of its values.
func fingerprint(m *models.Model) (string, error) {
	if m.Origin.File != "" {
		_, sum, err := hashFile(m.Origin.File)
		if err != nil {
			return "", fmt.Errorf("teacher %s: %w", m.Name, err)
		}
		return sum, nil
	}
	sum := sha256.New()
	for _, v := range m.Variables() {
		values, err := v.Read()
		if err != nil {
			return "", err
		}
		words := make([]byte, 0, 4*len(values))
		for _, x := range values {
			words = binary.LittleEndian.AppendUint32(words, math.Float32bits(x))
		}
		sum.Write(words)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
