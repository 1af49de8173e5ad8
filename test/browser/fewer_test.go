package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// apart is how far, in all three parts together, a colour of a reduced picture
// is from each of those that are more frequent.
const apart = 10

// fewerColours writes a picture with 256 colours at most: a third of the bytes
// for the same look.
func fewerColours(original []byte) ([]byte, error) {
	picture, err := png.Decode(bytes.NewReader(original))
	if err != nil {
		return nil, err
	}
	bounds := picture.Bounds()
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	frequent := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		frequent = append(frequent, c)
	}
	slices.SortFunc(frequent, func(a, b color.RGBA) int { return cmp.Compare(counts[b], counts[a]) })
	var palette color.Palette
	for _, c := range frequent {
		if near := slices.ContainsFunc(palette, func(p color.Color) bool { return distance(p.(color.RGBA), c) < apart }); !near && len(palette) < 256 {
			palette = append(palette, c)
		}
	}
	nearest := map[color.RGBA]uint8{}
	reduced := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			index, known := nearest[c]
			if !known {
				index = uint8(palette.Index(c))
				nearest[c] = index
			}
			reduced.SetColorIndex(x, y, index)
		}
	}
	var smaller bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&smaller, reduced)
	return smaller.Bytes(), err
}

func distance(a, b color.RGBA) int {
	part := func(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
	return part(a.R, b.R) + part(a.G, b.G) + part(a.B, b.B)
}
