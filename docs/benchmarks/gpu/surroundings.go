//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// surrounding is a way to find the driver.
type surrounding struct {
	what string // for the part's name; "" for the machine as it is
	env  []string
}

// surroundings are to be tried in this order until a device is found: the machine as it is, and, for bare containers, with the
// Vulkan loader of the kit and with NVIDIA's driver by the place where it is mounted.
func surroundings(o options, scratch string) []surrounding {
	list := []surrounding{{}}
	libraries := filepath.Join(o.kit, "lib")
	if _, err := os.Stat(filepath.Join(libraries, "libvulkan.so.1")); err == nil {
		path := "LD_LIBRARY_PATH=" + libraries
		if old := os.Getenv("LD_LIBRARY_PATH"); old != "" {
			path = path[:len("LD_LIBRARY_PATH=")] + old + ":" + libraries
		}
		list = append(list, surrounding{", with the kit's loader", []string{path}})
	}
	if os.Getenv("VK_DRIVER_FILES")+os.Getenv("VK_ICD_FILENAMES") != "" {
		return list
	}
	for _, file := range nvidia(scratch) {
		for _, s := range list[:min(2, len(list))] {
			list = append(list, surrounding{fmt.Sprintf("%s, with %s", s.what, file), append(s.env[:len(s.env):len(s.env)], "VK_DRIVER_FILES="+file, "VK_ICD_FILENAMES="+file)})
		}
	}
	return list
}

// nvidia are driver files where loaders do not look, and one of our own for a library that came without.
func nvidia(scratch string) (files []string) {
	for _, pattern := range []string{"/usr/local/nvidia/share/vulkan/icd.d/*.json", "/usr/local/nvidia/vulkan/icd.d/*.json"} {
		found, _ := filepath.Glob(pattern) // the patterns are good
		files = append(files, found...)
	}
	for _, pattern := range []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/local/nvidia/lib"} {
		library := filepath.Join(pattern, "libGLX_nvidia.so.0")
		if _, err := os.Stat(library); err != nil {
			continue
		}
		file := filepath.Join(scratch, "nvidia_icd.json")
		text := fmt.Sprintf(`{"file_format_version": "1.0.0", "ICD": {"library_path": %q, "api_version": "1.3.0"}}`, library)
		if os.WriteFile(file, []byte(text), 0o644) == nil {
			files = append(files, file)
		}
		break
	}
	return files
}
