package run

import (
	"fmt"
	"slices"
	"strings"

	"reta/compute/models"
)

// Team is a name for the networks of several teachers, which a paper's tables are made with. Teams lists all such names:
// those of the recipes that are published with several.
const Team = "fadrm+"

// Teams lists the names of teams.
func Teams() []string { return []string{"cv-dd", "edc", Team, "g-vbsm"} }

// isTeam reports whether networks to train are the name of a team.
func isTeam(list []string) bool { return len(list) == 1 && slices.Contains(Teams(), list[0]) }

// team is the networks of a team for a set of the given name, image side in pixels and IPC. CV-DD's are five, in the order of
// its code. EDC's and G-VBSM's for small images are five too, of which WRN-16-2 is no network here. FADRM+'s, which RETA takes
// too, are in the order of FADRM's code: ImageNet-1K takes AlexNet for DenseNet-121 at IPC 1, Tiny-ImageNet no DenseNet-121
// there. The demo set has small networks of FADRM+'s four families.
func team(name, dataset string, size, ipc int) []string {
	const r18, dense, shuffle, mobile = "resnet18", "densenet121", "shufflenetv2-x0.5", "mobilenetv2"
	switch {
	case dataset == demoSet:
		return demoTeam
	case name == "cv-dd" && size > 64:
		return []string{r18, "resnet50", "shufflenetv2-x1.0", mobile, dense}
	case name == "cv-dd":
		return []string{r18, "resnet50", shuffle, mobile, dense}
	case name == "edc" && size > 64:
		return []string{r18, mobile, "efficientnet-b0", shuffle, "alexnet"}
	case name == "g-vbsm" && size > 64:
		return []string{r18, mobile, "efficientnet-b0", shuffle}
	case name == "edc" || name == "g-vbsm":
		return []string{r18, "convnet3", mobile, shuffle}
	case dataset == "imagenet-1k" && ipc == 1:
		return []string{r18, mobile, "shufflenetv2-x1.0", "alexnet"}
	case dataset == "imagenet-1k":
		return []string{r18, dense, "shufflenetv2-x1.0", mobile}
	case size > 64:
		return []string{r18, dense, "shufflenetv2-x1.0", mobile}
	case strings.HasPrefix(dataset, "tiny-imagenet") && ipc == 1:
		return []string{r18, shuffle, mobile}
	case strings.HasPrefix(dataset, "tiny-imagenet"):
		return []string{r18, shuffle, dense, mobile}
	}
	return []string{r18, dense, shuffle, mobile}
}

// CheckNetworks refuses a list of networks to train that names one twice or one that does not exist. Team stands alone.
func CheckNetworks(list []string) error {
	if isTeam(list) {
		return nil
	}
	for i, name := range list {
		if slices.Contains(Teams(), name) {
			return fmt.Errorf("%s names all the teachers: want it alone, or networks: %s", name, strings.Join(models.Names(), ", "))
		}
		if err := models.Known(name); err != nil {
			return fmt.Errorf("%w, or %s", err, strings.Join(Teams(), ", "))
		}
		if slices.Contains(list[:i], name) {
			return fmt.Errorf("%s twice: want each network once", name)
		}
	}
	return nil
}

// networks are those of the teachers that the run finds or trains, none where it is given files or nothing is settled.
func (c *Config) networks(size int) []string {
	switch {
	case isTeam(c.Networks):
		return team(c.Networks[0], c.Dataset, size, c.Recipe.IPC)
	case len(c.Networks) > 0:
		return c.Networks
	case c.Network != "":
		return []string{c.Network}
	}
	return nil
}

// TakeFeatures has the teacher with the given network give phi: one of those given, else of those that the run finds or
// trains. side is of the images, in pixels.
func (c *Config) TakeFeatures(network string, given []*models.Model, side int) error {
	names := c.networks(side)
	if len(given) > 0 {
		names = nil
		for _, m := range given {
			names = append(names, m.Name)
		}
	} else if c.embedded() {
		names = c.demoNetworks()
	} else if len(names) == 0 {
		for _, p := range c.published() {
			names = append(names, p.Network)
		}
	}
	i := slices.Index(names, network)
	if i < 0 {
		return fmt.Errorf("%s: want the network of a teacher of this run: %s", network, strings.Join(names, ", "))
	}
	c.Recipe.Phi = i
	return nil
}
