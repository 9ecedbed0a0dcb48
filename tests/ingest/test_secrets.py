"""Credentials are masked before anything of a file is stored; what is none stays readable.

No literal credential stands in this file: each sample is put together from a format and characters drawn by a seed.
"""

import random
import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.ingest import secrets
from doctown.ingest.secrets import redact, rule_ids

HEX, LOWER, UPPER, DIGITS = "0123456789abcdef", string.ascii_lowercase, string.ascii_uppercase, string.digits
WORD = string.ascii_letters + DIGITS
BASE32 = UPPER + "234567"


def draw(alphabet, length, seed="seed"):
    """Characters that repeat as little as can be, the same in each run."""
    chosen = random.Random(f"{seed}{alphabet}{length}")
    pool = ""
    while len(pool) < length:
        pool += "".join(chosen.sample(alphabet, len(alphabet)))
    return pool[:length]


def uuid(hexadecimal=HEX):
    text = draw(hexadecimal, 32)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "a" + text[17:20], text[20:32]))


def h(length):
    return draw(HEX, length)


def w(length):
    return draw(WORD, length)


def dash(*parts):
    """Joins the pieces of a marker, so that no scanner takes this file's text for a credential."""
    return "".join(parts)


PEM_BODY = "\n".join(draw(WORD + "+/", 64, str(n)) for n in range(6))

# rule → text around the credential (with `@@` in its place), credential. Written from the issuers' documents.
SAMPLES = {
    "aws-access-key-id": ("id = '@@'", dash("AK", "IA") + draw(BASE32, 16)),
    "aws-secret-access-key": ("aws_secret_access_key = @@", draw(WORD + "+/", 40)),
    "aws-session-token": ('"SessionToken": "@@"', draw(WORD + "+/", 300)),
    "aws-bedrock-key": ("k=@@", "AB" + "SK" + w(120)),
    "aws-bedrock-short-lived-key": ("k=@@", dash("bedrock", "-api-key-") + w(64)),
    "gitlab-session-cookie": ("Cookie: _gitlab_session=@@; a=b", draw(LOWER + DIGITS, 32)),
    "settlemint-token": ("'@@'", dash("sm_", "pat_") + w(16)),
    "aws-mws-token": ("'@@'", dash("amzn", ".mws.") + uuid()),
    "google-api-key": ("key=@@", dash("AI", "za") + w(35)),
    "google-oauth-client-secret": ('"@@"', dash("GOC", "SPX-") + w(28)),
    "google-oauth-access-token": ('"@@"', dash("ya", "29.") + w(60)),
    "google-oauth-refresh-token": ('"@@"', dash("1/", "/0") + w(80)),
    "firebase-messaging-key": ('"@@"', dash("AA", "AA") + w(7) + ":" + w(140)),
    "azure-storage-key": ("DefaultEndpointsProtocol=https;AccountKey=@@;", draw(WORD + "+/", 86) + "=="),
    "azure-shared-access-key": ("Endpoint=sb://x/;SharedAccessKey=@@", draw(WORD + "+/", 43) + "="),
    "azure-sas-signature": ("https://x.blob.test/c?sv=2022&sig=@@&se=1", w(43) + "%3D"),
    "azure-client-secret": ('"@@"', w(3) + "8Q~" + w(34)),
    "azure-signed-key": ('"@@"', w(44) + "Az" + "Fu" + w(6) + "=="),
    "azure-devops-token": ("AZURE_DEVOPS_PAT=@@", draw(LOWER + "234567", 52)),
    "alibaba-access-key-id": ("'@@'", "LT" + "AI" + w(20)),
    "tencent-secret-id": ("'@@'", "AK" + "ID" + w(32)),
    "yandex-api-key": ("'@@'", "AQ" + "VN" + w(36)),
    "yandex-iam-token": ("'@@'", "t1" + "." + w(60) + "." + w(86)),
    "ibm-cloud-key": ("IBM_CLOUD_API_KEY = '@@'", w(44)),
    "digitalocean-token": ("'@@'", dash("dop", "_v1_") + h(64)),
    "heroku-key": ("'@@'", dash("HR", "KU-") + w(60)),
    "heroku-legacy-key": ("HEROKU_API_KEY: @@", uuid()),
    "linode-token": ("linode_token = '@@'", h(64)),
    "hetzner-token": ("HCLOUD_TOKEN=@@", w(64)),
    "cloudflare-token": ("CLOUDFLARE_API_TOKEN=@@", w(40)),
    "cloudflare-origin-ca-key": ("'@@'", dash("v1", ".0-") + h(24) + "-" + h(146)),
    "fastly-token": ("fastly_key: '@@'", w(32)),
    "netlify-token": ("'@@'", dash("nf", "p_") + w(36)),
    "vercel-token": ("'@@'", dash("vercel_", "blob_rw_") + w(16) + "_" + w(32)),
    "fly-token": ("'@@'", dash("fo", "1_") + w(43)),
    "render-token": ("'@@'", dash("rn", "d_") + w(32)),
    "supabase-token": ("'@@'", dash("sb", "p_") + h(40)),
    "planetscale-token": ("'@@'", dash("pscale", "_tkn_") + w(43)),
    "neon-token": ("'@@'", dash("na", "pi_") + draw(LOWER + DIGITS, 64)),
    "databricks-token": ("'@@'", dash("da", "pi") + h(32)),
    "tailscale-key": ("'@@'", dash("ts", "key-auth-") + w(12) + "-" + w(30)),
    "openshift-token": ("'@@'", dash("sha", "256~") + w(43)),
    "ngrok-token": ("NGROK_AUTHTOKEN=@@", w(27) + "_" + w(21)),
    "github-token": ("'@@'", dash("gh", "p_") + w(36)),
    "github-fine-grained-token": ("'@@'", dash("github", "_pat_") + w(22) + "_" + w(59)),
    "gitlab-personal-token": ("'@@'", dash("gl", "pat-") + w(20)),
    "gitlab-token": ("'@@'", dash("gl", "rt-") + w(20)),
    "gitlab-runner-registration": ("'@@'", dash("GR", "1348941") + w(20)),
    "bitbucket-token": ("'@@'", dash("AT", "BB") + w(32)),
    "atlassian-token": ("'@@'", dash("ATA", "TT3") + w(180)),
    "npm-token": ("_authToken=@@", dash("np", "m_") + w(36)),
    "pypi-token": ("password = @@", dash("pypi", "-AgE") + w(160)),
    "rubygems-token": ("'@@'", dash("ruby", "gems_") + h(48)),
    "crates-token": ("'@@'", dash("ci", "o") + w(32)),
    "nuget-key": ("'@@'", dash("oy", "2") + draw(LOWER + DIGITS, 43)),
    "clojars-token": ("'@@'", dash("CLO", "JARS_") + draw(LOWER + DIGITS, 60)),
    "packagist-token": ("'@@'", dash("pack", "agist_uut_") + h(68)),
    "docker-hub-token": ("'@@'", dash("dckr", "_pat_") + w(27)),
    "artifactory-token": ("'@@'", dash("AK", "Cp") + w(69)),
    "circleci-token": ("'@@'", dash("CCI", "PAT_") + w(22) + "_" + h(40)),
    "buildkite-token": ("'@@'", dash("bk", "ua_") + h(40)),
    "travis-token": ("TRAVIS_TOKEN=@@", w(22)),
    "codecov-token": ("CODECOV_TOKEN: @@", uuid()),
    "sonar-token": ("'@@'", dash("sq", "p_") + h(40)),
    "snyk-token": ("SNYK_TOKEN: @@", uuid()),
    "terraform-cloud-token": ("'@@'", w(14) + dash(".atl", "asv1.") + w(67)),
    "pulumi-token": ("'@@'", dash("pu", "l-") + h(40)),
    "prefect-token": ("'@@'", dash("pn", "u_") + w(36)),
    "harness-token": ("'@@'", dash("pa", "t.") + w(22) + "." + h(24) + "." + w(20)),
    "vault-token": ("'@@'", dash("hv", "s.") + w(95)),
    "vault-legacy-token": ("VAULT_TOKEN=@@", "s." + w(24)),
    "doppler-token": ("'@@'", dash("dp", ".pt.") + w(43)),
    "onepassword-service-token": ("'@@'", dash("ops", "_eyJ") + w(300)),
    "onepassword-secret-key": (
        "'@@'",
        "A3-" + "-".join(draw(UPPER + DIGITS, n, str(n)) for n in (6, 6)) + "".join(
            "-" + draw(UPPER + DIGITS, 5, str(n)) for n in range(4)
        ),
    ),
    "age-secret-key": ("@@", dash("AGE-", "SECRET-KEY-1") + draw("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    "infisical-token": ("'@@'", dash("s", "t.") + h(24) + "." + h(32) + "." + draw(HEX, 32, "b")),
    "private-key": (dash("-----BEGIN RSA ", "PRIVATE KEY-----@@-----END RSA PRIVATE KEY-----"), f"\n{PEM_BODY}\n"),
    "putty-private-key": ("Private-Lines: 6\n@@Private-MAC: 0", PEM_BODY + "\n"),
    "stripe-key": ("'@@'", dash("sk", "_live_") + w(24)),
    "stripe-webhook-secret": ("'@@'", dash("wh", "sec_") + w(32)),
    "square-token": ("'@@'", dash("sq0", "atp-") + w(22)),
    "braintree-token": ("'@@'", dash("access_", "token$production$") + draw(LOWER, 16) + "$" + h(32)),
    "shopify-token": ("'@@'", dash("sh", "pat_") + h(32)),
    "plaid-token": ("'@@'", dash("access", "-sandbox-") + uuid()),
    "adyen-key": ("'@@'", dash("AQ", "E") + w(90) + "-" + w(44) + "-" + w(16)),
    "flutterwave-key": ("'@@'", dash("FLW", "SECK-") + h(32) + "-X"),
    "razorpay-key": ("'@@'", dash("rzp", "_live_") + w(14)),
    "gocardless-token": ("gocardless_token = '@@'", "live_" + w(40)),
    "easypost-key": ("'@@'", dash("EZ", "AK") + w(54)),
    "shippo-token": ("'@@'", dash("shippo", "_live_") + h(40)),
    "duffel-token": ("'@@'", dash("duffel", "_live_") + w(43)),
    "coinbase-secret": ("COINBASE_SECRET='@@'", w(64)),
    "lob-key": ("lob_api_key = '@@'", "live_" + h(35)),
    "openai-key": ("'@@'", dash("sk", "-proj-") + w(120)),
    "anthropic-key": ("'@@'", dash("sk", "-ant-api03-") + w(93) + "AA"),
    "openrouter-key": ("'@@'", dash("sk", "-or-v1-") + h(64)),
    "huggingface-token": ("'@@'", dash("h", "f_") + draw(string.ascii_letters, 34)),
    "replicate-token": ("'@@'", dash("r", "8_") + w(37)),
    "groq-key": ("'@@'", dash("gs", "k_") + w(52)),
    "xai-key": ("'@@'", dash("xa", "i-") + w(80)),
    "perplexity-key": ("'@@'", dash("pp", "lx-") + w(48)),
    "fireworks-key": ("'@@'", dash("f", "w_") + w(24)),
    "pinecone-key": ("'@@'", dash("pc", "sk_") + w(6) + "_" + w(63)),
    "langsmith-key": ("'@@'", dash("lsv2", "_pt_") + h(32) + "_" + h(10)),
    "langfuse-key": ("'@@'", dash("sk", "-lf-") + uuid()),
    "nvidia-key": ("'@@'", dash("nv", "api-") + w(64)),
    "cerebras-key": ("'@@'", dash("cs", "k-") + draw(LOWER + DIGITS, 48)),
    "tavily-key": ("'@@'", dash("tv", "ly-dev-") + w(32)),
    "elevenlabs-key": ("'@@'", dash("s", "k_") + h(48)),
    "voyage-key": ("'@@'", dash("p", "a-") + w(43)),
    "jina-key": ("'@@'", dash("ji", "na_") + w(60)),
    "wandb-key": ("WANDB_API_KEY=@@", h(40)),
    "cohere-key": ("cohere.Client('@@')", w(40)),
    "mistral-key": ("MISTRAL_API_KEY=@@", w(32)),
    "deepseek-key": ("DEEPSEEK_API_KEY='@@'", "sk-" + h(32)),
    "together-key": ("TOGETHER_API_KEY='@@'", h(64)),
    "slack-token": ("'@@'", dash("xo", "xb-") + draw(DIGITS, 12) + "-" + draw(DIGITS, 12, "b") + "-" + w(24)),
    "slack-app-token": ("'@@'", dash("xa", "pp-1-A") + draw(UPPER + DIGITS, 10) + "-" + draw(DIGITS, 13) + "-" + h(64)),
    "slack-webhook": ("https://hooks.slack.com/services/@@", f"T{draw(UPPER, 8)}/B{draw(UPPER, 10)}/{w(24)}"),
    "teams-webhook": (
        "https://acme.webhook.office.com/webhookb2/@@",
        f"{uuid()}@{uuid()}/IncomingWebhook/{h(32)}/{uuid()}",
    ),
    "discord-webhook": ("https://discord.com/api/webhooks/@@", draw(DIGITS, 18) + "/" + w(68)),
    "discord-token": ("DISCORD_TOKEN=@@", "M" + w(23) + "." + w(6) + "." + w(38)),
    "telegram-bot-token": ("'@@'", draw(DIGITS, 10) + ":A" + "A" + w(33)),
    "twilio-api-key": ("'@@'", dash("S", "K") + h(32)),
    "twilio-auth-token": ("TWILIO_AUTH_TOKEN = '@@'", h(32)),
    "sendgrid-key": ("'@@'", dash("S", "G.") + w(22) + "." + w(43)),
    "mailgun-key": ("'@@'", dash("ke", "y-") + h(32)),
    "mailchimp-key": ("'@@'", h(32) + dash("-u", "s12")),
    "brevo-key": ("'@@'", dash("xkey", "sib-") + h(64) + "-" + w(16)),
    "resend-key": ("'@@'", dash("r", "e_") + w(8) + "_" + w(24)),
    "postmark-token": ("POSTMARK_TOKEN=@@", uuid()),
    "messagebird-key": ("messagebird_key = '@@'", w(25)),
    "sparkpost-key": ("SPARKPOST_API_KEY=@@", h(40)),
    "grafana-token": ("'@@'", dash("gl", "sa_") + w(32) + "_" + h(8)),
    "newrelic-key": ("'@@'", dash("NR", "AK-") + draw(UPPER + DIGITS, 27)),
    "datadog-key": ("DD_API_KEY=@@", h(32)),
    "sentry-token": ("'@@'", dash("sn", "tryu_") + h(64)),
    "dynatrace-token": ("'@@'", dash("dt0", "c01.") + draw(BASE32, 24) + "." + draw(BASE32, 64)),
    "honeycomb-key": ("'@@'", dash("hc", "aik_") + draw(LOWER + DIGITS, 58)),
    "posthog-personal-key": ("'@@'", dash("ph", "x_") + w(43)),
    "segment-token": ("'@@'", dash("sg", "p_") + w(64)),
    "rollbar-token": ("ROLLBAR_ACCESS_TOKEN=@@", h(32)),
    "pagerduty-key": ("PAGERDUTY_KEY='@@'", w(20)),
    "splunk-hec-token": ("SPLUNK_HEC_TOKEN=@@", uuid()),
    "algolia-key": ("algolia_admin_key: '@@'", h(32)),
    "launchdarkly-key": ("'@@'", dash("sd", "k-") + uuid()),
    "maxmind-key": ("'@@'", w(6) + "_" + w(29) + dash("_m", "mk")),
    "hubspot-token": ("'@@'", dash("pat", "-na1-") + uuid()),
    "airtable-token": ("'@@'", dash("pa", "t") + w(14) + "." + h(64)),
    "notion-token": ("'@@'", dash("nt", "n_") + w(46)),
    "linear-token": ("'@@'", dash("lin", "_api_") + w(40)),
    "figma-token": ("'@@'", dash("fi", "gd_") + w(40)),
    "dropbox-token": ("'@@'", dash("s", "l.") + w(140)),
    "asana-token": ("'@@'", dash("1", "/") + draw(DIGITS, 16) + ":" + h(32)),
    "typeform-token": ("'@@'", dash("tf", "p_") + w(44)),
    "contentful-token": ("'@@'", dash("CF", "PAT-") + w(43)),
    "readme-key": ("'@@'", dash("rd", "me_") + draw(LOWER + DIGITS, 70)),
    "postman-key": ("'@@'", dash("PM", "AK-") + h(24) + "-" + h(34)),
    "mapbox-secret-token": ("'@@'", dash("sk", ".eyJ") + w(80) + "." + w(22)),
    "frameio-token": ("'@@'", dash("fi", "o-u-") + w(64)),
    "trello-token": ("TRELLO_TOKEN=@@", h(64)),
    "zendesk-token": ("zendesk_token: '@@'", w(40)),
    "intercom-token": ("INTERCOM_TOKEN='@@'", w(60)),
    "okta-token": ("OKTA_API_TOKEN='@@'", "00" + w(40)),
    "facebook-access-token": ("'@@'", dash("EA", "AC") + w(150)),
    "facebook-app-secret": ("FACEBOOK_APP_SECRET='@@'", h(32)),
    "instagram-token": ("'@@'", dash("IG", "QV") + w(140)),
    "twitter-bearer-token": ("'@@'", "A" * 22 + w(92)),
    "twitter-secret": ("TWITTER_CONSUMER_SECRET='@@'", w(50)),
    "linkedin-secret": ("LINKEDIN_CLIENT_SECRET='@@'", w(16)),
    "twitch-secret": ("TWITCH_CLIENT_SECRET='@@'", draw(LOWER + DIGITS, 30)),
    "spotify-secret": ("SPOTIFY_CLIENT_SECRET='@@'", h(32)),
    "json-web-token": ("'@@'", dash("ey", "J") + w(33) + "." + dash("ey", "J") + w(80) + "." + w(43)),
    "authorization-header": ("Authorization: Bearer @@", w(40)),
    "curl-user-password": ("curl -u deploy:@@ https://x.test", "Gk7!pQz2Lw"),
    "netrc-password": ("machine x.test login me2 password @@", "Gk7!pQz2Lw"),
    "connection-string-password": ("Server=db;Database=x;User Id=sa;Password=@@;", "Gk7!pQz2Lw"),
    "database-url-password": ("postgresql://app:@@@db.internal:5432/app", "Gk7pQz2Lw"),
    "url-password": ("https://deploy:@@@git.internal/x.git", "Gk7pQz2LwTr5"),
    "generic-secret": ('client_secret = "@@"', w(32)),
    "generic-secret-bare": ("SIGNING_SECRET=@@", w(32)),
}  # fmt: skip


@pytest.mark.parametrize("rule", rule_ids())
def test_every_rule_masks_a_credential_of_its_format(rule):
    """Each rule finds what its issuer documents, reports its line and place, and leaves the rest byte for byte."""
    around, secret = SAMPLES[rule]
    before, after = (f"# first line\n{around}\n").split("@@")[0], around.partition("@@")[2] + "\n"
    data = (before + secret + after).encode()
    masked, findings = redact(data)
    assert masked == before.encode() + re.sub(rb"[^\n]", b"*", secret.encode()) + after.encode()
    assert [finding.rule for finding in findings] == [rule]
    assert data[findings[0].start_byte : findings[0].end_byte] == secret.encode()
    assert findings[0].line == before.count("\n") + 1


def test_every_sample_has_its_rule():
    """A rule that is renamed or dropped takes its sample along: the list of formats is kept on purpose."""
    assert set(SAMPLES) == set(rule_ids())
    assert len(rule_ids()) > 120


@pytest.mark.parametrize(
    "text",
    [
        'api_key = "your-api-key-here"',
        'api_key = "<your key>"',
        'password = "changeme"',
        'PASSWORD = "${DB_PASSWORD}"',
        "password=%(password)s",
        'token = "{{ secrets.DEPLOY_TOKEN }}"',
        "env:\n  TOKEN: ${{ secrets.GITHUB_TOKEN }}",
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        "secret = derive_secret2(key3, salt4)",
        "token = self.token_generator.make_token",
        'password_field = "new_password_confirmation"',
        'CSRF_TOKEN_HEADER = "HTTP_X_CSRFTOKEN_V2_9F8E7D"',
        'token_url = "https://auth.internal/oauth2/v2.0/authorize"',
        'secret_name = "projects/p1/secrets/s2/versions/3"',
        'password = "pbkdf2_sha256$600000$9f8e7d6c5b4a$Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="',
        'assert digest == "3a7bd3e2360a3d29eea436fcfb7e44c735d117c42d1c1835420b6b9942dd4f1b"',
        'commit = "d42e5f49803f3c4e14ffee0378e31481265dda22"',
        "uses: actions/checkout@d632683dd7b4114ad314bca15554477dd762a938",
        "id: 1f0e4f2a-9a51-4a3c-8b53-2f2c6c1d9e11",
        "postgres://user:password@localhost/db",
        "https://user:pass@example.com/",
        "redis://:{password}@{host}:{port}/0",
        "http://[::1]:8080/a:b@c",
        dash("gh", "p_") + "x" * 36,
        dash("AK", "IA") + "IOSFODNN7EXAMPLE",
        "class TokenizerFast2BackendV3Converter9: pass",
        "passwords = ['a', 'b']; compass = 'north-by-northwest-42'",
        "skeleton = SKILL_TABLE_0123456789",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        dash("-----BEGIN ", "PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
    ],
)
def test_what_is_no_credential_stays_readable(text):
    """Placeholders, names, references to variables, hashes and ids are left alone: documentation needs them."""
    assert redact(text.encode()) == (text.encode(), ())


def test_lines_and_length_stay():
    """A masked private key keeps its line breaks, so that every offset and line behind it stays true."""
    around, secret = SAMPLES["private-key"]
    data = ("a = 1\r\n" + around.replace("@@", secret.replace("\n", "\r\n")) + "\nb = 2\n").encode()
    masked, findings = redact(data)
    assert len(masked) == len(data)
    assert [i for i, c in enumerate(masked) if c in b"\r\n"] == [i for i, c in enumerate(data) if c in b"\r\n"]
    assert [finding.line for finding in findings] == [2]
    assert PEM_BODY[:20].encode() not in masked


def test_several_on_one_line_and_in_strings():
    """Credentials next to each other, and behind an escape in a string, are all found."""
    one, two = SAMPLES["github-token"][1], SAMPLES["npm-token"][1]
    masked, findings = redact(f'x = "a\\n{one}\\n{two}"; y = "{one}"'.encode())
    assert [finding.rule for finding in findings] == ["github-token", "npm-token", "github-token"]
    assert one.encode() not in masked
    assert two.encode() not in masked


def test_a_truncated_private_key_is_masked():
    """A key whose end is missing, as in a cut file, is a key."""
    body = dash("-----BEGIN EC ", "PRIVATE KEY-----\n") + PEM_BODY
    assert PEM_BODY[:30].encode() not in redact(body.encode())[0]


def test_findings_never_hold_the_secret():
    """What is reported says where and by which rule, never what."""
    for around, secret in SAMPLES.values():
        _, findings = redact(around.replace("@@", secret).encode())
        assert secret not in repr(findings)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(sorted(SAMPLES)))
def test_any_bytes_around_it(noise, rule):
    """Whatever bytes surround a credential: length and lines stay, and what is masked is masked for good."""
    around, secret = SAMPLES[rule]
    data = noise + b"\n" + around.replace("@@", secret).encode() + b"\n" + noise
    masked, findings = redact(data)
    assert len(masked) == len(data)
    assert masked.count(b"\n") == data.count(b"\n")
    assert secret.encode() not in masked
    assert all(0 <= f.start_byte < f.end_byte <= len(data) for f in findings)
    assert redact(masked) == (masked, ())


@pytest.mark.parametrize("separator", ["", "-", '="', "\n"])
def test_text_made_of_keywords_costs_no_more_than_its_size(separator):
    """Hostile text that is nothing but keywords is scanned in time proportional to its size."""
    keywords = sorted({keyword for rule in secrets._rules().all for keyword in rule.keywords})
    text = separator.join(keywords) + separator
    data = (text * (60_000 // len(text) + 1)).encode()
    began = time.process_time()
    redact(data)
    small = time.process_time() - began
    began = time.process_time()
    redact(data * 4)
    assert time.process_time() - began < max(0.2, small * 10)
