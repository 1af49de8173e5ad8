package lastexit_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"loadlab/internal/lastexit"
)

func TestRecord(t *testing.T) {
	folder := t.TempDir()
	none := func() {
		t.Helper()
		if _, err := lastexit.Read(folder, "loadgen"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without a record: %v", err)
		}
	}
	none()
	if err := lastexit.Clear(folder, "loadgen"); err != nil {
		t.Errorf("clear what is not there: %v", err)
	}
	for _, want := range []lastexit.Exit{
		{Time: time.Unix(1000, 0).UTC(), Code: 2, Messages: []string{`LOADGEN_RATE="abc": not a number`, "another"}},
		{Time: time.Unix(2000, 0).UTC(), Code: 0, Messages: []string{"run r1 ended"}},
	} {
		if err := lastexit.Write(folder, "loadgen", want); err != nil {
			t.Fatal(err)
		}
		if got, err := lastexit.Read(folder, "loadgen"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v, want %+v", got, err, want)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v, want the record alone", files, err)
	}
	if err := lastexit.Clear(folder, "loadgen"); err != nil {
		t.Error(err)
	}
	none()
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	if err := lastexit.Write(filepath.Join(t.TempDir(), "missing"), "loadgen", lastexit.Exit{}); err == nil {
		t.Error("a record was written into a folder that is not there")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "loadgen.exit"), []byte(`{"exit_`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lastexit.Read(folder, "loadgen"); err == nil {
		t.Error("half a record was read")
	}
}
