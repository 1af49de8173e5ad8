# Images of a release, for amd64 and arm64, with SBOM and provenance:
#   IMAGE_PREFIX=registry.example.org/loadlab VERSION=1.2.3 docker buildx bake -f deploy/docker-bake.hcl --push
# Run it at the root of the repository. It needs a builder for several platforms: docker buildx create --use
variable "IMAGE_PREFIX" { default = "loadlab" }
variable "VERSION" { default = "dev" }
variable "REVISION" { default = "unknown" }
variable "DATE" { default = "unknown" }
variable "GO_IMAGE" { default = "golang:1.26.8-alpine" }
variable "BASE_IMAGE" { default = "gcr.io/distroless/static-debian13:nonroot" }
variable "DEBIAN_IMAGE" { default = "debian:bookworm-20260918-slim" }

group "default" { targets = ["image"] }

target "image" {
  name       = name
  matrix     = { name = ["gateway", "iobound", "cpubound", "mixed", "items", "loadgen", "console", "lab", "tornado", "asyncio", "uvloop", "node", "nethttp"] }
  context    = "."
  dockerfile = "deploy/Dockerfile"
  target     = name
  tags       = ["${IMAGE_PREFIX}/${name}:${VERSION}"]
  platforms  = ["linux/amd64", "linux/arm64"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
  args = {
    GO_IMAGE     = GO_IMAGE
    BASE_IMAGE   = BASE_IMAGE
    DEBIAN_IMAGE = DEBIAN_IMAGE
    VERSION      = VERSION
    REVISION     = REVISION
    DATE         = DATE
  }
}
