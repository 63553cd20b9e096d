package office_test

import (
	"encoding/base64"
	"io"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/record"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func openBlob(dir string) func(record.Hash) (io.ReadCloser, error) {
	return func(h record.Hash) (io.ReadCloser, error) {
		return os.Open(filepath.Join(dir, filepath.FromSlash(audit.BlobName(h))))
	}
}
