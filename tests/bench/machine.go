package main

import (
	"os"
	"os/exec"
	"strings"
)

// system names the operating system and its kernel.
func system() string {
	name := "Linux"
	if data, err := os.ReadFile("/etc/os-release"); err == nil {
		for line := range strings.Lines(string(data)) {
			if v, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				name = strings.Trim(strings.TrimSpace(v), `"`)
			}
		}
	}
	return name
}

// cpuModel is what the first CPU calls itself.
func cpuModel() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(data)) {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func dovecotVersion() string {
	out, err := exec.Command("/usr/sbin/dovecot", "--version").Output()
	if err != nil {
		return "Dovecot of unknown version"
	}
	return "Dovecot " + strings.Fields(string(out))[0]
}
