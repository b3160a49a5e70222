package admin

// deskTexts are the sentences about telephones that are controlled by CSTA over
// SIP, in German.
func deskTexts() map[string]string {
	const (
		reach   = "Check that the telephone is on, registered, and reached from here."
		reachDE = "Prüfen Sie, ob das Telefon eingeschaltet, angemeldet und von hier erreichbar ist."
	)
	return map[string]string{
		"The telephone cannot be controlled by uaCSTA: %s.":                                                               "Das Telefon lässt sich nicht über uaCSTA steuern: %[1]s.",
		"%s of %s telephones cannot be dialled or answered from here; the first is %s: %s":                                "%[1]s von %[2]s Telefonen lassen sich nicht von hier steuern; das erste ist %[3]s: %[4]s",
		"the PBX keeps CSTA to itself":                                                                                    "die Anlage reicht CSTA nicht weiter",
		"Enter the telephone's own address under uacsta, phones, or choose another way to dial and answer for this link.": "Tragen Sie die Adresse des Telefons unter uacsta, phones ein, oder wählen Sie für diesen Link eine andere Art zu wählen und anzunehmen.",
		"this is not the name of a telephone":                                                                             "das ist kein Name eines Telefons",
		"it is not under control at present":                                                                              "es wird derzeit nicht gesteuert",
		"its control ended":                                                                                               "seine Steuerung ist zu Ende gegangen",
		"this cannot be dialled":                                                                                          "das lässt sich nicht wählen",
		"Give digits, + * and # without blanks.":                                                                          "Geben Sie Ziffern, + * und # ohne Leerzeichen an.",

		reach:                              reachDE,
		"it does not react":                "es antwortet nicht",
		"it has ended the control session": "es hat die Steuersitzung beendet",
		"The session is begun again by itself. If that repeats, look for another program that controls this telephone.": "Die Sitzung wird von selbst neu begonnen. Wiederholt es sich, suchen Sie ein anderes Programm, das dieses Telefon steuert.",
		"it has not renewed the control session":                                                                "es hat die Steuersitzung nicht verlängert",
		"it does not know the control session any more, as after a restart":                                     "es kennt die Steuersitzung nicht mehr, wie nach einem Neustart",
		"Nothing needs to be done: the session is begun again by itself.":                                       "Es ist nichts zu tun: Die Sitzung wird von selbst neu begonnen.",
		"it answers with something that is no CSTA":                                                             "es antwortet mit etwas, das kein CSTA ist",
		"Check that uaCSTA (ECMA TR/87) is switched on in the telephone's settings, and update its firmware.":   "Prüfen Sie, ob uaCSTA (ECMA TR/87) in den Einstellungen des Telefons eingeschaltet ist, und aktualisieren Sie seine Firmware.",
		"it took the control session for an ordinary call":                                                      "es hielt die Steuersitzung für einen gewöhnlichen Anruf",
		"Switch uaCSTA on in the telephone's settings, or choose another way to dial and answer for this link.": "Schalten Sie uaCSTA in den Einstellungen des Telefons ein, oder wählen Sie für diesen Link eine andere Art zu wählen und anzunehmen.",
		"it says that its CSTA is switched off":                                                                 "es meldet, dass sein CSTA ausgeschaltet ist",
		"Switch uaCSTA on in the telephone's settings.":                                                         "Schalten Sie uaCSTA in den Einstellungen des Telefons ein.",
		"it asks for a kind of authentication that is not supported":                                            "es verlangt eine Anmeldung, die nicht unterstützt wird",
		"Choose digest authentication in the telephone's uaCSTA settings.":                                      "Wählen Sie in den uaCSTA-Einstellungen des Telefons die Digest-Anmeldung.",
		"no call rings there": "dort klingelt kein Anruf",
		"Nothing needs to be done: it was answered or given up.":                                    "Es ist nichts zu tun: Er wurde angenommen oder aufgegeben.",
		"several calls ring there":                                                                  "dort klingeln mehrere Anrufe",
		"Answer at the telephone.":                                                                  "Nehmen Sie am Telefon an.",
		"it does not tell about its calls, so none can be answered from here":                       "es meldet seine Gespräche nicht, darum lässt sich von hier keines annehmen",
		"Allow monitoring in the telephone's uaCSTA settings, or answer there.":                     "Erlauben Sie in den uaCSTA-Einstellungen des Telefons die Überwachung, oder nehmen Sie dort an.",
		"it has not named this call":                                                                "es hat dieses Gespräch nicht benannt",
		"Do it at the telephone.":                                                                   "Tun Sie es am Telefon.",
		"it refuses the user name or password":                                                      "es lehnt Benutzernamen oder Passwort ab",
		"Enter those of the telephone's uaCSTA settings.":                                           "Tragen Sie die aus den uaCSTA-Einstellungen des Telefons ein.",
		"it asks for a password and none is configured":                                             "es verlangt ein Passwort, und es ist keines eingetragen",
		"Enter user name and password of the telephone's uaCSTA settings.":                          "Tragen Sie Benutzernamen und Passwort aus den uaCSTA-Einstellungen des Telefons ein.",
		"it does not let this bridge control it":                                                    "es lässt sich von dieser Bridge nicht steuern",
		"Add the bridge's address to those that may control the telephone, in its uaCSTA settings.": "Nehmen Sie in den uaCSTA-Einstellungen des Telefons die Adresse der Bridge unter denen auf, die es steuern dürfen.",
		"there is no such telephone":                                                                "es gibt kein solches Telefon",
		"Check the extension, and that the telephone is registered.":                                "Prüfen Sie die Nebenstelle und ob das Telefon angemeldet ist.",
		"it does not take CSTA over SIP, and says %s":                                               "es nimmt kein CSTA über SIP an und antwortet mit %[1]s",
		"Switch uaCSTA on in the telephone's settings; if it has none, choose another way to dial and answer for this link.": "Schalten Sie uaCSTA in den Einstellungen des Telefons ein; hat es keines, wählen Sie für diesen Link eine andere Art zu wählen und anzunehmen.",
		"it is not reached":                                                         "es wird nicht erreicht",
		"it is controlled by another program already":                               "es wird schon von einem anderen Programm gesteuert",
		"End that program's session, or wait until it has run out.":                 "Beenden Sie die Sitzung jener Anwendung, oder warten Sie, bis sie abgelaufen ist.",
		"it cannot do that at present":                                              "es kann das derzeit nicht",
		"Wait; if it stays so, restart the telephone.":                              "Warten Sie; bleibt es so, starten Sie das Telefon neu.",
		"it refuses with %s":                                                        "es lehnt mit %[1]s ab",
		"Look into the telephone's manual for uaCSTA, or ask whoever runs the PBX.": "Sehen Sie im Handbuch des Telefons unter uaCSTA nach, oder fragen Sie, wer die Anlage betreut.",
	}
}
