// Package setting describes the fields of a struct by the rows of a table: help, bounds, choices. Flags, --set, validation
// and docs of recipes, trainings and protocols come from such rows.
//
//	type Recipe struct {
//		LR   float64 `toml:"lr" json:"lr"`
//		Crop Crop    `toml:"crop" json:"crop"`
//	}
//	var table = setting.Table[Recipe]{
//		{Name: "lr", Help: "peak learning rate", Above: true, Max: 100},
//		{Name: "crop.area", Help: "share of the image that a crop keeps", Min: 0.001, Max: 1, Rising: true},
//	}
//	err := table.Set(&r, "crop.area", "0.25,1")
//	err = table.Check(r) // joins all that is wrong
//
// A row finds its field by JSON tags, joined by dots.
package setting
