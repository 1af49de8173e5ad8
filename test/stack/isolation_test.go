package stack

import (
	"slices"
	"strings"
	"testing"
)

// What the file asks for, of the containers too that no test starts.
func TestEveryContainerIsConfined(t *testing.T) {
	for name, service := range configured(t, nil, "docker-compose.yml").Services {
		limits := service.Deploy.Resources.Limits
		if !service.ReadOnly || service.Privileged || !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.CapAdd) > 0 ||
			!slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s: read-only %t, privileged %t, capabilities -%q +%q, %q", name, service.ReadOnly, service.Privileged, service.CapDrop, service.CapAdd, service.SecurityOpt)
		}
		if limits.Memory == "" || limits.Pids <= 0 || limits.CPUs == 0 && name != "lab" {
			t.Errorf("%s has the limits %+v", name, limits)
		}
		if service.Pid+service.Ipc+service.Userns+service.Uts != "" || service.NetworkMode == "host" || len(service.Devices) > 0 {
			t.Errorf("%s shares namespaces or devices with the machine", name)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes a port on %q", name, port.HostIP)
			}
		}
		for _, volume := range service.Volumes {
			if strings.HasSuffix(volume.Source, ".sock") || volume.Type == "volume" && volume.Source == "" {
				t.Errorf("%s mounts %+v", name, volume)
			}
		}
	}
}
