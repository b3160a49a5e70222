package salesforce

const (
	cureMyDomain  = "Use the org's own address, https://NAME.my.salesforce.com (Setup, My Domain), not login.salesforce.com or test.salesforce.com: they refuse client credentials."
	cureInactive  = "The run-as user is inactive. Activate the user in Setup, Users, or choose another one in the app's policies under “Run As”."
	cureRange     = "The bridge's address is outside the allowed IP range. Add it to the run-as user's profile under “Login IP Ranges”, or set “IP Relaxation” in the app's policies."
	cureKey       = "The consumer key is not known to this org. Copy it again from the app's OAuth settings, check that the address is this org's, and wait ten minutes after creating the app."
	cureAdmit     = "The run-as user is not admitted to the app. In the app's policies, allow all users or add the user's profile or permission set."
	cureApproved  = "The user is not pre-authorised for the app. In the app's policies, set “Permitted Users” to “Admin approved users are pre-authorized” and add the user's profile or permission set."
	cureAssertion = "The private key does not belong to the certificate in the app, or no such user name is in this org. Upload the key's own certificate in the app's OAuth settings (“Use digital signatures”) and compare the user name with Setup, Users."
	cureClock     = "Set this machine's clock by NTP: an assertion is good for three minutes by Salesforce's clock."
	cureAudience  = "Say whether the org is a sandbox: production signs in at login.salesforce.com, a sandbox at test.salesforce.com. If you set a login address, use one of these or the org's My Domain."
	cureSignAgain = "Somebody has to sign in to Salesforce for the bridge again, in the panel. In the app's policies set “Refresh Token Policy” to “Refresh token is valid until revoked”; a change of the user's password also ends it."
	cureCallback  = "Enter the bridge's address exactly as the panel shows it under “Callback URL” in the app's OAuth settings."
	cureScope     = "Add the scopes “Manage user data via APIs (api)” and “Perform requests at any time (refresh_token, offline_access)” to the app's OAuth settings, then sign in again."
	cureLocked    = "The user is locked after too many wrong passwords, or frozen. Unlock the user in Setup, Users, and find out which program still uses an old password."
	curePassword  = "User name, password or security token is wrong, or the user is locked. Enter all three again (a change of the password brings a new token by e-mail) and look at Setup, Users, Login History. The bridge itself does not try again for six hours, so as not to lock the user: use “Sync now”."
	cureNoLogin   = "The org no longer lets programs sign in with a password. Use client credentials with an external client app instead; until summer 2027 an administrator can allow it in Setup, User Interface, “Enable SOAP API login()”, for users with “Use Any API Auth”."
)

// signInCures is read from the top before cures; the first that fits is given.
var signInCures = [...]cure{
	// Our own findings.
	{code: codeGenericLogin, text: cureMyDomain},
	{code: codeClockSkew, text: cureClock},
	{code: codeBadKey, text: cureAssertion},
	{code: codeBadState, text: "Begin the sign-in anew in the panel, in one browser window, and finish it within ten minutes."},
	{code: codeNoRefresh, text: cureScope},
	{code: codePasswordExpired, text: "Sign in to Salesforce once as this user and set a new password, then enter it here with the new security token. Better give the profile “Password Never Expires” or use client credentials."},
	// What a person's sign-in in the browser ends with.
	{code: "access_denied", text: "Whoever signed in has not allowed the bridge in. Sign in again and choose “Allow”."},
	{code: "OAUTH_APPROVAL_ERROR_GENERIC", text: cureAdmit},
	{code: "redirect_uri_mismatch", text: cureCallback},
	{message: "redirect_uri must match", text: cureCallback},
	{message: "redirect uri does not match", text: cureCallback},
	{code: "invalid_scope", text: cureScope},
	{message: "invalid code verifier", text: "Begin the sign-in anew in the panel, in one browser window, and finish it within ten minutes."},
	// The user.
	{message: "no client credentials user enabled", text: "The run-as user is missing. In Setup, External Client App Manager, open the app, Policies, Edit: enable the client credentials flow and choose a user in “Run As”."},
	{message: "request not supported on this domain", text: cureMyDomain},
	{message: "inactive user", text: cureInactive},
	{code: "inactive_user", text: cureInactive},
	{message: "user is locked", text: cureLocked},
	{message: "user is frozen", text: cureLocked},
	{code: "PASSWORD_LOCKOUT", text: cureLocked},
	{message: "ip restricted", text: cureRange},
	{message: "ip not allowed", text: cureRange},
	{code: "LOGIN_DURING_RESTRICTED_DOMAIN", text: cureRange},
	{code: "LOGIN_DURING_RESTRICTED_TIME", text: "The run-as user may not sign in at this time. Remove the “Login Hours” of the user's profile, or choose another user."},
	// The app.
	{code: "invalid_client_id", text: cureKey},
	{code: "invalid_client", message: "app must be installed", text: "The app is not installed or blocked in this org. In Setup, Connected Apps OAuth Usage, install or unblock it; or create an external client app in this org."},
	{code: "invalid_client", message: "identifier invalid", text: cureKey},
	{code: "invalid_client", kind: JWTBearer, text: cureAssertion},
	{code: "invalid_client", text: "The consumer secret is wrong. Copy it again from the app's OAuth settings (“Consumer Key and Secret”); after a rotation only the new one works."},
	{code: "invalid_app_access", text: cureAdmit},
	{message: "hasn't approved this consumer", text: cureApproved},
	{code: "OAUTH_APP_ACCESS_DENIED", text: cureAdmit},
	{code: "OAUTH_APP_BLOCKED", text: "The app is blocked in this org. In Setup, Connected Apps OAuth Usage, unblock it."},
	{code: "OAUTH_EC_APP_NOT_FOUND", text: "The external client app does not exist in this org or is switched off. Enable it in Setup, External Client App Manager."},
	{code: "app_not_enabled", text: "The app is switched off in this org. Enable it in Setup, External Client App Manager."},
	{code: "unsupported_grant_type", kind: JWTBearer, text: "The app does not allow the JWT bearer flow. Enable it in the app's OAuth settings and upload the certificate there."},
	{code: "unsupported_grant_type", kind: WebServer, text: "The app does not allow the authorization code flow with refresh tokens. Enable it in the app's OAuth settings."},
	{code: "unsupported_grant_type", text: "The app does not allow the client credentials flow. Enable it in the app's OAuth settings and once more in its policies, with a run-as user."},
	// The grant.
	{code: "invalid_grant", kind: JWTBearer, message: "audience is invalid", text: cureAudience},
	{code: "invalid_grant", kind: JWTBearer, message: "expired", text: cureClock},
	{code: "invalid_grant", kind: JWTBearer, text: cureAssertion},
	{code: "invalid_grant", kind: WebServer, text: cureSignAgain},
	{code: "invalid_grant", text: "The app does not let the run-as user in. Check in the app's policies that the client credentials flow is enabled and that “Run As” names an active user with API access."},
	{code: "rate_limit_exceeded", text: "Too many sign-ins in a short time. The bridge waits and tries again; check that no other program uses the same app in a loop."},
	{code: "LOGIN_RATE_EXCEEDED", text: "Too many sign-ins in a short time. The bridge waits and tries again; check that no other program uses the same app in a loop."},
	// SOAP login().
	{code: "INVALID_LOGIN", text: curePassword},
	{code: "LOGIN_MUST_USE_SECURITY_TOKEN", text: "The security token is missing or old. Have a new one sent in the user's settings, “Reset My Security Token”, and enter it; or add the bridge's address in Setup, Network Access."},
	{code: "INVALID_OPERATION", message: "login()", text: cureNoLogin},
	{code: "INVALID_OPERATION", kind: Password, text: cureNoLogin},
	{code: "UNSUPPORTED_API_VERSION", kind: Password, text: cureNoLogin},
	{code: "LOGIN_CHALLENGE_ISSUED", text: "Salesforce asks for a code by e-mail. Add the bridge's address in Setup, Network Access; or use client credentials, which are never asked."},
	{code: "LOGIN_CHALLENGE_PENDING", text: "Salesforce asks for a code by e-mail. Add the bridge's address in Setup, Network Access; or use client credentials, which are never asked."},
	{code: "INVALID_SSO_GATEWAY_URL", text: "The user signs in through single sign-on, which a program cannot. Use client credentials with an external client app."},
	{code: "SSO_SERVICE_DOWN", text: "The user signs in through single sign-on, which a program cannot. Use client credentials with an external client app."},
	{code: "ORG_LOCKED", text: "Salesforce has locked the org. Ask Salesforce's support, or choose another org."},
	{code: "TRIAL_EXPIRED", text: "The org's trial is over. Ask Salesforce's sales, or choose another org."},
	// The address.
	{code: codeBadToken, text: "The address answers, but not as Salesforce does. Check that it is the org's My Domain address and that no proxy stands between."},
	{code: codeRedirect, text: "Use the address that the org itself shows in Setup, My Domain; the present one only forwards, and the bridge never sends keys to a forwarded address."},
}
