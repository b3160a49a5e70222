package admin

// trustTexts are the sentences about TLS to a PBX, in German.
func trustTexts() map[string]string {
	const (
		pin   = "pin this certificate's key, after checking on the PBX that it is its own: %s"
		pinDE = "heften Sie den Schlüssel dieses Zertifikats an, nachdem Sie an der Anlage geprüft haben, dass es ihres ist: %[1]s"
	)
	return map[string]string{
		"Allow ECDHE with AES-GCM or CHACHA20 at the PBX.":                            "Erlauben Sie an der Anlage ECDHE mit AES-GCM oder CHACHA20.",
		"Check that TLS is switched on at this port of the PBX, and see its log.":     "Prüfen Sie, ob TLS an diesem Port der Anlage eingeschaltet ist, und sehen Sie in ihr Protokoll.",
		"Check the file's name, and that this program may read it.":                   "Prüfen Sie den Namen der Datei und ob dieses Programm sie lesen darf.",
		"Check the port: TLS is at 5061 as a rule. Else choose TCP as the transport.": "Prüfen Sie den Port: TLS hat in der Regel 5061. Sonst wählen Sie TCP als Transport.",
		"Check this machine's clock and the PBX's.":                                   "Prüfen Sie die Uhren dieses Rechners und der Anlage.",
		"P" + pin[1:]: "Heften" + pinDE[len("heften"):],
		pin:           pinDE,

		"Enter the file with that authority's certificate as the CA file, or %s": "Tragen Sie die Datei mit dem Zertifikat dieser Stelle als CA-Datei ein, oder %[1]s",

		"Enter the server by a name that the certificate holds, have it made for this name as well, or %s": "Tragen Sie den Server unter einem Namen ein, den das Zertifikat enthält, lassen Sie es auch auf diesen Namen ausstellen, oder %[1]s",
		"Have a new certificate made, or %s": "Lassen Sie ein neues Zertifikat ausstellen, oder %[1]s",
		"If the PBX was given a new certificate, check on the PBX that it is this one and enter its pin. If not, somebody may stand between this machine and the PBX.": "Hat die Anlage ein neues Zertifikat bekommen, prüfen Sie an der Anlage, dass es dieses ist, und tragen Sie seinen Pin ein. Wenn nicht, steht vielleicht jemand zwischen diesem Rechner und der Anlage.",
		"It must hold the authority's certificate in PEM format, which begins with -----BEGIN CERTIFICATE-----.":                                                       "Sie muss das Zertifikat der Stelle im PEM-Format enthalten, das mit -----BEGIN CERTIFICATE----- beginnt.",
		"Renew the certificate of the PBX, or of the authority that signed it. The link connects by itself then.":                                                      "Erneuern Sie das Zertifikat der Anlage oder das der Stelle, die es ausgestellt hat. Der Link verbindet sich dann von selbst.",
		"Switch TLS 1.2 or 1.3 on at the PBX.": "Schalten Sie an der Anlage TLS 1.2 oder 1.3 ein.",
		"Switch the check of client certificates off at the PBX for this bridge; its user name and password are asked for anyway.": "Schalten Sie an der Anlage die Prüfung von Client-Zertifikaten für diese Bridge aus; Benutzername und Passwort werden ohnehin verlangt.",
		"it asks for a certificate of this bridge, which has none":                                                                 "sie verlangt ein Zertifikat dieser Bridge, die keines hat",
		"it does not speak TLS at this port":                                                                                       "sie spricht an diesem Port kein TLS",
		"it hung up during the TLS handshake":                                                                                      "sie hat während des TLS-Handshakes aufgelegt",
		"it offers no TLS 1.2 or newer":                                                                                            "sie bietet kein TLS ab 1.2 an",
		"it offers no cipher that is safe":                                                                                         "sie bietet keine sichere Verschlüsselung an",
		"its certificate (%s) is not valid: %s":                                                                                    "ihr Zertifikat (%[1]s) ist nicht gültig: %[2]s",
		"its certificate (%s) is signed by an authority that is not trusted (%s)":                                                  "ihr Zertifikat (%[1]s) ist von einer Stelle ausgestellt, der nicht vertraut wird (%[2]s)",
		"its certificate (%s) is signed by itself, which proves nothing":                                                           "ihr Zertifikat (%[1]s) ist von ihr selbst ausgestellt, was nichts beweist",
		"its certificate is for %s and not for %s":                                                                                 "ihr Zertifikat ist für %[1]s und nicht für %[2]s",
		"its certificate is valid only from %s on":                                                                                 "ihr Zertifikat gilt erst ab %[1]s",
		"its certificate ran out on %s (%s)":                                                                                       "ihr Zertifikat ist am %[1]s abgelaufen (%[2]s)",
		"its key is not the pinned one; the certificate that it presented (%s) has the pin %s":                                     "ihr Schlüssel ist nicht der angeheftete; das Zertifikat, das sie gezeigt hat (%[1]s), hat den Pin %[2]s",
		"the CA file %s cannot be read: %s":                                                                                        "die CA-Datei %[1]s lässt sich nicht lesen: %[2]s",
		"the CA file %s holds no certificate":                                                                                      "die CA-Datei %[1]s enthält kein Zertifikat",
	}
}
