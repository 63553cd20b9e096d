package fetch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Secret says where a secret is: env:NAME or file:NAME, a file in the folder of the
// record or with its whole path. What is not secret may be given as text:VALUE.
// A secret never stands in a configuration itself.
type Secret string

// Check says what is wrong with how a secret is named.
func (s Secret) Check() error {
	kind, rest, _ := strings.Cut(string(s), ":")
	if rest == "" || kind != "env" && kind != "file" && kind != "text" {
		return fmt.Errorf("expected env:NAME or file:NAME (text:VALUE for what is no secret), and no secret here")
	}
	return nil
}

// Read reads the secret.
func (s Secret) Read(dir string) (string, error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	kind, rest, _ := strings.Cut(string(s), ":")
	switch kind {
	case "text":
		return rest, nil
	case "env":
		if v := os.Getenv(rest); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the environment has no %s", rest)
	}
	if !filepath.IsAbs(rest) {
		rest = filepath.Join(dir, rest)
	}
	b, err := os.ReadFile(rest)
	if err != nil {
		return "", err
	}
	if v := strings.TrimSpace(string(b)); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("%s is empty", rest)
}
