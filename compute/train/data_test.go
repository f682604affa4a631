package train

import (
	"fmt"
	"strings"
	"testing"

	"reta/compute/models"
)

func network(outputs int, classes ...models.Class) *models.Model {
	return &models.Model{Spec: models.Spec{Classes: outputs}, Origin: models.Origin{Classes: classes}}
}

func classes(ids ...string) (list []models.Class) {
	for _, id := range ids {
		list = append(list, models.Class{ID: id, Name: id})
	}
	return list
}

// A network of the full set is right for a subset, by the place of its classes; any other number is refused.
func TestOutputs(t *testing.T) {
	d := Data{Name: "part", Classes: 2, Index: []int{7, 3}, Full: 10, Labels: classes("cat", "dog")}
	if out, err := d.Outputs(network(10)); err != nil || out[0] != 7 || out[1] != 3 {
		t.Errorf("outputs of the full set: %v, %v", out, err)
	}
	if out, err := d.Outputs(network(2)); err != nil || out[0] != 0 || out[1] != 1 {
		t.Errorf("outputs of the subset: %v, %v", out, err)
	}
	if _, err := d.Outputs(network(5)); err == nil || !strings.Contains(err.Error(), "the network has 5 classes, part has 2, or 10 for the full set") {
		t.Errorf("five outputs: %v", err)
	}
}

// A network that names its classes goes by the names, whatever their order and number.
func TestOutputsByName(t *testing.T) {
	wordNet := []models.Class{{ID: "n01", Name: "crane"}, {ID: "n02", Name: "Sea lion"}, {ID: "n03", Name: "crane"}}
	for _, c := range []struct {
		what string
		has  []models.Class // the data
		of   []models.Class // the network
		want string
	}{
		{"the same", classes("a", "b"), classes("a", "b"), "[0 1]"},
		{"another order", classes("a", "b"), classes("b", "a"), "[1 0]"},
		{"a full set", classes("10", "2"), classes("1", "10", "2"), "[1 2]"},
		{"case and separators", classes("Sea_Lion"), wordNet, "[1]"},
		{"ids first", []models.Class{{ID: "n03", Name: "crane"}}, wordNet, "[2]"},
		{"a name that two have", classes("crane"), wordNet, "the network was trained on the classes n01, n02, n03; of some it lacks crane"},
		{"others", classes("5", "6", "7"), classes("0", "1", "10"), "the network was trained on the classes 0, 1, 10; of some it lacks 5, 6, 7"},
		{"some others", classes("1", "6"), classes("0", "1"), "of some it lacks 6"},
		{"many", classes("x"), classes(strings.Split("a b c d e f g h i j k l", " ")...), "trained on the classes a, b, c, d, e, f, g, h, i, j and 2 more;"},
	} {
		out, err := Data{Name: "some", Classes: len(c.has), Labels: c.has}.Outputs(network(len(c.of), c.of...))
		got := fmt.Sprint(out)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
