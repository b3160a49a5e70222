package agent

import (
	"strings"

	"github.com/ctibridge/ctibridge/bridge"
)

// What an agent reads of a refusal or a failure is written in English where it
// happens; a tab that says that it is German gets it from germanTexts. What is not
// there, as the switch's own words, stays as it is.

// speaksGerman reports whether a tab's language, as BCP 47 has it, is German.
func speaksGerman(language string) bool {
	return language == "de" || strings.HasPrefix(language, "de-")
}

// german is a text in German. What the switch said stands in brackets, before the
// end of the first sentence, or behind the colon.
func german(text string) string {
	all := germanTexts()
	if de, ok := all[text]; ok {
		return de
	}
	if open, rest, ok := strings.Cut(text, " ("); ok {
		if said, after, ok := strings.Cut(rest, ")"); ok {
			de, known := all[open+after]
			first, more, sentence := strings.Cut(de, ".")
			switch {
			case known && sentence:
				return first + " (" + said + ")." + more
			case known:
				return de + " (" + said + ")"
			}
		}
	}
	if code, words, ok := strings.Cut(text, " "); ok { // the far end's answer: 486 busy
		if de, ok := all[words]; ok {
			return code + " " + de
		}
	}
	return text
}

// germanCall is a call as a German tab is shown it.
func germanCall(c bridge.Call) bridge.Call {
	c.Detail = german(c.Detail)
	return c
}

func (p Problem) german() Problem {
	return Problem{p.Code, german(p.Message), german(p.Cure)}
}

// germanTexts are all texts that an agent can come to read. A test holds it to the
// sources.
func germanTexts() map[string]string {
	return map[string]string{
		// bridge: dialling.
		"No telephone is assigned to you.":                                        "Ihnen ist kein Telefon zugeordnet.",
		"Ask an administrator to add your extension.":                             "Bitten Sie einen Administrator, Ihre Nebenstelle einzutragen.",
		"No telephone is chosen for you.":                                         "Für Sie ist kein Telefon gewählt.",
		"Choose the telephone on your desk.":                                      "Wählen Sie das Telefon an Ihrem Platz.",
		"You may not choose this telephone.":                                      "Dieses Telefon dürfen Sie nicht wählen.",
		"Choose another one, or ask an administrator.":                            "Wählen Sie ein anderes, oder fragen Sie einen Administrator.",
		"A colleague has chosen your telephone.":                                  "Ein Kollege hat Ihr Telefon gewählt.",
		"The telephone that you chose is no longer yours.":                        "Das gewählte Telefon ist nicht mehr Ihres.",
		"Choose the telephone on your desk again.":                                "Wählen Sie erneut das Telefon an Ihrem Platz.",
		"This number is confidential and is not dialled from here.":               "Diese Nummer ist vertraulich und wird von hier aus nicht gewählt.",
		"Dial it on your telephone.":                                              "Wählen Sie sie am Telefon.",
		"Your telephone system cannot dial from here.":                            "Ihre Telefonanlage kann von hier aus nicht wählen.",
		"Dial on your telephone.":                                                 "Wählen Sie am Telefon.",
		"This number cannot be dialled from here.":                                "Diese Nummer kann von hier aus nicht gewählt werden.",
		"Check the number. Dial emergency and service numbers on your telephone.": "Prüfen Sie die Nummer. Notruf- und Servicenummern wählen Sie am Telefon.",
		"Emergency numbers are not dialled from here.":                            "Notrufnummern werden von hier aus nicht gewählt.",
		"Dial the emergency number on your telephone.":                            "Wählen Sie den Notruf am Telefon.",
		"Short service numbers are not dialled from here.":                        "Kurze Servicenummern werden von hier aus nicht gewählt.",
		"Dial the number on your telephone.":                                      "Wählen Sie die Nummer am Telefon.",
		"Premium-rate numbers are not dialled from here.":                         "Premiumnummern (0900) werden von hier aus nicht gewählt.",
		"Dial the number on your telephone if you must.":                          "Wählen Sie die Nummer am Telefon, wenn es sein muss.",
		"Your group may not dial numbers that cost more than a usual call.":       "Ihre Gruppe darf keine Nummern wählen, die mehr kosten als ein gewöhnlicher Anruf.",
		"Ask your administrator.":                                                 "Fragen Sie Ihren Administrator.",
		"Your group may dial extensions only.":                                    "Ihre Gruppe darf nur Nebenstellen wählen.",
		"Your group may dial within the country only.":                            "Ihre Gruppe darf nur im Inland wählen.",
		"Your group may not dial this number.":                                    "Ihre Gruppe darf diese Nummer nicht wählen.",
		"You have placed many calls in a short time.":                             "Sie haben in kurzer Zeit viele Anrufe begonnen.",
		"Wait a moment, then dial again.":                                         "Warten Sie einen Augenblick und wählen Sie dann erneut.",
		"Another call is being dialled.":                                          "Es wird schon ein anderer Anruf gewählt.",
		"Wait for it or hang up, then dial again.":                                "Warten Sie ihn ab oder legen Sie auf, dann wählen Sie erneut.",
		"Your telephone has a call that was dialled from here.":                   "Ihr Telefon führt schon einen Anruf, der von hier aus gewählt wurde.",
		"Dial the second number on your telephone, or hang up first.":             "Wählen Sie die zweite Nummer am Telefon, oder legen Sie zuerst auf.",
		"There is no connection to the telephone system.":                         "Es besteht keine Verbindung zur Telefonanlage.",
		"Dial on your telephone, and tell an administrator if this lasts.":        "Wählen Sie am Telefon, und sagen Sie einem Administrator Bescheid, wenn das anhält.",
		"The telephone system cannot do this now.":                                "Die Telefonanlage kann das gerade nicht.",
		"Use your telephone.":                                                     "Benutzen Sie Ihr Telefon.",
		"The telephone system did not do this.":                                   "Die Telefonanlage hat das nicht getan.",
		"Try again, or use your telephone.":                                       "Versuchen Sie es noch einmal, oder benutzen Sie Ihr Telefon.",
		"The telephone system did not take the call.":                             "Die Telefonanlage hat den Anruf nicht angenommen.",
		"Try again, or dial on your telephone.":                                   "Versuchen Sie es noch einmal, oder wählen Sie am Telefon.",
		"This call has ended.":                                                    "Dieser Anruf ist beendet.",
		"Close it.":                                                               "Schließen Sie ihn.",
		"The call was declined.":                                                  "Der Anruf wurde abgewiesen.",

		// bridge: notes.
		"This note cannot be kept.":                                          "Diese Notiz kann nicht gespeichert werden.",
		"Make it shorter; a follow-up is a day such as 2026-11-30.":          "Kürzen Sie sie; eine Wiedervorlage ist ein Tag wie 2026-11-30.",
		"This call is no longer among your recent calls.":                    "Dieser Anruf ist nicht mehr unter Ihren letzten Anrufen.",
		"This call is not written to Salesforce, so the note is not either.": "Dieser Anruf wird nicht in Salesforce festgehalten, also auch die Notiz nicht.",
		"Copy the text and write it on the record in Salesforce.":            "Kopieren Sie den Text und tragen Sie ihn am Datensatz in Salesforce ein.",

		"The call is hidden, but not erased yet.":                                                           "Der Anruf ist verborgen, aber noch nicht gelöscht.",
		"It will be, as soon as the bridge can write again. Tell your administrator if this happens again.": "Er wird gelöscht, sobald die Telefonbrücke wieder schreiben kann. Sagen Sie Ihrem Administrator Bescheid, wenn das wieder geschieht.",

		// Here: requests.
		"Too many requests in one minute.":                               "Zu viele Anfragen in einer Minute.",
		"Wait a moment and try again.":                                   "Warten Sie einen Augenblick und versuchen Sie es noch einmal.",
		"This bridge does not know the request.":                         "Diese Telefonbrücke kennt die Anfrage nicht.",
		"Update the bridge.":                                             "Die Telefonbrücke muss aktualisiert werden.",
		"There is no such call of yours.":                                "Sie haben keinen solchen Anruf.",
		"It may have ended; close it.":                                   "Vielleicht ist er beendet; schließen Sie ihn.",
		"The telephone system cannot do this.":                           "Die Telefonanlage kann das nicht.",
		"Use your telephone, and tell your administrator if this lasts.": "Benutzen Sie Ihr Telefon, und sagen Sie Ihrem Administrator Bescheid, wenn das anhält.",
		"The telephone system did not answer in time.":                   "Die Telefonanlage hat nicht rechtzeitig geantwortet.",
		"Look at your telephone before you try again.":                   "Sehen Sie auf Ihr Telefon, bevor Sie es noch einmal versuchen.",
		"This did not work.":                                             "Das hat nicht geklappt.",
		"Try again; tell your administrator if it happens again.":        "Versuchen Sie es noch einmal; sagen Sie Ihrem Administrator Bescheid, wenn es wieder geschieht.",

		// pbx/sip: what became of dialling.
		"No connection to the PBX.":                                             "Es besteht keine Verbindung zur Telefonanlage.",
		"Nobody answered at the number.":                                        "Unter der Nummer hat niemand abgenommen.",
		"Nobody answered at your telephone.":                                    "An Ihrem Telefon hat niemand abgenommen.",
		"Declined on your telephone.":                                           "An Ihrem Telefon abgewiesen.",
		"Your telephone is busy or set not to be disturbed.":                    "Ihr Telefon ist besetzt oder auf „Bitte nicht stören“ gestellt.",
		"Your telephone does not answer. Check that it is on and signed in.":    "Ihr Telefon antwortet nicht. Prüfen Sie, ob es eingeschaltet und angemeldet ist.",
		"The PBX cannot ring your extension. Ask an administrator to check it.": "Die Telefonanlage kann Ihre Nebenstelle nicht anrufen. Bitten Sie einen Administrator, sie zu prüfen.",

		"The PBX does not let the bridge call you. An administrator has to allow it for the bridge's account.":          "Die Telefonanlage lässt nicht zu, dass die Telefonbrücke Sie anruft. Ein Administrator muss das für ihr Konto erlauben.",
		"The PBX asks for an extension such as 100rel. An administrator has to switch it off for the bridge's account.": "Die Telefonanlage verlangt eine Erweiterung wie 100rel. Ein Administrator muss sie für das Konto der Telefonbrücke abschalten.",

		"Your telephone could not be rung.": "Ihr Telefon konnte nicht angerufen werden.",

		"The PBX does not let the bridge connect you to the number. An administrator has to allow transfers for the bridge's account.": "Die Telefonanlage lässt nicht zu, dass die Telefonbrücke Sie mit der Nummer verbindet. Ein Administrator muss ihrem Konto das Verbinden erlauben.",
		"The PBX cannot connect calls for the bridge. An administrator can choose another way of dialling for this link.":              "Die Telefonanlage kann für die Telefonbrücke keine Anrufe verbinden. Ein Administrator kann für diese Anlage eine andere Wählart einstellen.",

		"The PBX declined to connect you to the number.":                                                     "Die Telefonanlage hat es abgelehnt, Sie mit der Nummer zu verbinden.",
		"The PBX could not connect you to the number.":                                                       "Die Telefonanlage konnte Sie nicht mit der Nummer verbinden.",
		"The PBX does not answer.":                                                                           "Die Telefonanlage antwortet nicht.",
		"The PBX does not answer the transfer to the number.":                                                "Die Telefonanlage antwortet nicht auf das Verbinden mit der Nummer.",
		"Your telephone offers no media. An administrator can choose another way of dialling for this link.": "Ihr Telefon bietet keine Sprachverbindung an. Ein Administrator kann für diese Anlage eine andere Wählart einstellen.",
		"The PBX does not say what became of the transfer.":                                                  "Die Telefonanlage sagt nicht, was aus dem Verbinden geworden ist.",

		"Your telephone accepted the number and did not dial. Dial on your telephone; an administrator can choose another way of dialling for this link.": "Ihr Telefon hat die Nummer angenommen und nicht gewählt. Wählen Sie am Telefon; ein Administrator kann für diese Anlage eine andere Wählart einstellen.",

		"busy":                  "besetzt",
		"no answer":             "keine Antwort",
		"declined":              "abgewiesen",
		"not allowed":           "nicht erlaubt",
		"number does not exist": "kein Anschluss unter dieser Nummer",
		"could not be reached":  "nicht erreichbar",

		// pbx/csta/calls: the same.
		"the telephone did not take the call":           "das Telefon hat den Anruf nicht angenommen",
		"the number is busy":                            "die Nummer ist besetzt",
		"nobody answers":                                "niemand nimmt ab",
		"the call was declined":                         "der Anruf wurde abgewiesen",
		"the PBX does not allow this call":              "die Telefonanlage erlaubt diesen Anruf nicht",
		"there is no such number":                       "kein Anschluss unter dieser Nummer",
		"the number cannot be reached":                  "die Nummer ist nicht erreichbar",
		"the call failed, and the PBX does not say why": "der Anruf ist gescheitert, und die Telefonanlage sagt nicht warum",
		"the call failed":                               "der Anruf ist gescheitert",
	}
}
