// Package protocol says how distilled images are judged: what labels they get (relabel), and how a student is trained on them
// from scratch and tested. It is pure data: presets have the published values, one file each; the table has a row for every
// setting.
//
//	p, err := protocol.New("fadrm", recipe.Dataset{Name: "cifar-100", Classes: 100, Size: 32}, 10, "resnet18")
//	err = protocol.Settings.Set(&p, "student.epochs", "60")
//	err = p.Validate()
//
// Where published code has a quirk, it is a setting of its own whose default is what that code does.
package protocol
