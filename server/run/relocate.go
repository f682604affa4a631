package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/server/bundle"
)

// Relocate has the config of a run's folder say where its images and given teachers are on this machine. data is "" where the config
// already does; as many teachers as it has, or none.
func Relocate(path, data string, teachers []string) error {
	c, err := ReadFolder(path)
	if err != nil {
		return err
	}
	if data != "" {
		c.place(data)
	}
	if len(teachers) == len(c.Teachers) {
		c.Teachers = teachers
	}
	return c.write(path)
}

// write is the config of a run's folder from now on.
func (c Config) write(path string) error {
	text, err := c.Encode()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(path, "config.toml"), text)
}

// Restore has the config of a run's folder name images and given teachers as another does, of the same run on this machine.
func Restore(path string, as Config) error {
	c, err := ReadFolder(path)
	if err != nil {
		return err
	}
	c.Dataset, c.Data, c.Teachers = as.Dataset, as.Data, as.Teachers
	return c.write(path)
}

// place says where the images are.
func (c *Config) place(data string) {
	if strings.HasPrefix(c.Dataset, "path:") {
		c.Dataset, c.Data = "path:"+data, ""
		return
	}
	c.Data = data
}

// TrainedTeachers are the files in a cache of the teachers that the run in a folder has trained, or found trained before; none of a run
// whose teachers were given, or are not there.
func TrainedTeachers(path, cache string) (files []string, err error) {
	c, err := ReadFolder(path)
	if err != nil || c.Training == nil || len(c.Teachers) > 0 {
		return nil, err
	}
	meta, err := ReadMeta(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := bundle.Read(filepath.Join(path, "export"))
	if err != nil {
		return nil, err
	}
	for _, network := range c.networks(m.Size) {
		found, err := filepath.Glob(filepath.Join(cache, "teachers", "*-"+network+"-"+teacherHash(meta.DataHash, network, c.Training.Key(m.Size))+".safetensors"))
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				files = append(files, file)
			}
		}
	}
	return files, nil
}
