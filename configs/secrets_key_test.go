package configs

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

func TestSecretsKeysComeInEveryForm(t *testing.T) {
	first, second := bytes.Repeat([]byte{0xfb, 0xff}, 16), bytes.Repeat([]byte{7}, 32)
	std, url := base64.StdEncoding.EncodeToString(first), base64.RawURLEncoding.EncodeToString(first)
	for _, text := range []string{
		std + "\n" + hex.EncodeToString(second), url + "," + hex.EncodeToString(second), " " + hex.EncodeToString(first) + "\r\n\r\n" + strings.ToUpper(hex.EncodeToString(second)) + "\n",
	} {
		keys, err := State{SecretsKey: NewSecret(text)}.Keys()
		if err != nil || len(keys) != 2 || !bytes.Equal(keys[0], first) || !bytes.Equal(keys[1], second) {
			t.Errorf("%q gives %x, %v", text, keys, err)
		}
	}
	if keys, err := (State{}).Keys(); keys != nil || err != nil {
		t.Errorf("no text gives %x, %v", keys, err)
	}
	for _, text := range []string{"short", std + "A", std[:40], std + "\nopensesame", strings.Repeat("0", 63), strings.Repeat("z", 64)} {
		keys, err := State{SecretsKey: NewSecret(text)}.Keys()
		if err == nil || strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "opensesame") {
			t.Errorf("%q gives %x, %v", text, keys, err)
		}
	}
}
