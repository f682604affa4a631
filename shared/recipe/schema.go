package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"reta/shared/setting"
)

// Schema numbers the meaning of a recipe's fields in files: run folders and checkpoints carry it. Files of schema 1 carry none.
// A new setting needs no new schema: its row's Absent says what files without it mean.
const Schema = 2

// Encode is the recipe as JSON of this Schema: every field, in the order of Recipe.
func (r Recipe) Encode() ([]byte, error) { return json.Marshal(r) }

// Parse reads a recipe that was written as JSON under a schema, 1 to Schema. Fields that it does not have get the values that
// its run behaved by. It does not judge values: Validate does.
func Parse(schema int, text []byte) (Recipe, error) {
	r := absent()
	if schema < 1 || schema > Schema {
		return r, fmt.Errorf("recipe: schema %d: want 1 to %d: a newer version of this program wrote it, continue with that", schema, Schema)
	}
	if schema == 1 {
		var err error
		if text, err = fromSchema1(text); err != nil {
			return r, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("recipe: %w: want the fields of schema %d: another version of this program wrote it, continue with that", err, schema)
	}
	return r, nil
}

// absent is the recipe of a file that has no field.
func absent() (r Recipe) {
	for _, s := range table {
		if s.Absent != "" {
			if err := setting.Assign(s.field(&r), s.Absent); err != nil {
				panic(fmt.Sprintf("recipe: %s cannot be %s: want %v", s.Name, s.Absent, err)) // its row is wrong
			}
		}
	}
	return r
}

// fromSchema1 turns the fields of schema 1 into those of schema 2. What was fixed in the loop then becomes what it was fixed to.
func fromSchema1(text []byte) ([]byte, error) {
	var old struct {
		Init        Start `json:"init"`
		Batch       int   `json:"batch"`
		Resolutions []int `json:"resolutions"`
		PTA         struct {
			PerBatch bool `json:"per_batch"`
		} `json:"pta"`
	}
	var m map[string]json.RawMessage
	var pta map[string]json.RawMessage
	err := json.Unmarshal(text, &old)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err == nil && m["pta"] != nil {
		err = json.Unmarshal(m["pta"], &pta)
	}
	if err != nil || m == nil || pta == nil {
		return nil, fmt.Errorf("recipe: want the fields of schema 1: %w", err)
	}
	pool := Pool{Sample: First}
	if len(old.Resolutions) > 0 && slices.Max(old.Resolutions) > 64 {
		pool.Limit = 300
	}
	weighting := PerClass
	if old.PTA.PerBatch {
		weighting = PerBatch
	}
	delete(pta, "per_batch")
	put := func(m map[string]json.RawMessage, name string, v any) {
		if err == nil {
			m[name], err = json.Marshal(v)
		}
	}
	put(pta, "weighting", weighting)
	put(m, "pta", pta)
	put(m, "pool", pool)
	put(m, "init", map[string]Start{"start": old.Init})
	put(m, "group", old.Batch)
	if err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	return json.Marshal(m)
}

// Difference lists by name the settings in which two recipes differ, in the order of the table: "it has lr = 0.25, asked
// lr = 0.1". None: the recipes are equal.
func Difference(has, asked Recipe) (lines []string) {
	compare := func(name, a, b string) {
		if a != b {
			lines = append(lines, fmt.Sprintf("it has %s = %s, asked %s = %s", name, a, name, b))
		}
	}
	compare("recipe", has.Name, asked.Name)
	for _, s := range table {
		compare(s.Name, s.Text(has), s.Text(asked))
	}
	return lines
}
