"""The shapes that secrets have: data alone, so that reading it costs the hot path nothing.

(mark, what it is, pattern). The mark is plain text that stands in every text of the shape: only where it
does is the pattern compiled. The pattern's first group is what must not be shown; what stands before it is
the vendor's own prefix and may be. No letter or digit stands before a match.

Sources: the vendors' own pages on their keys, GitHub's list of secret scanning patterns, and the rules of
gitleaks, read and written anew.
"""

_HEX = "[0-9a-f]"
_ID = r"[\w-]"

SHAPES = (
    # Cloud
    ("AKIA", "an AWS access key", r"(?<![+/])(AKIA)([A-Z2-7]{16})(?![A-Za-z0-9+/])"),
    ("ASIA", "an AWS session key", r"(?<![+/])(ASIA)([A-Z2-7]{16})(?![A-Za-z0-9+/])"),
    ("ABSK", "an AWS Bedrock key", r"(?<![+/])(ABSK)([A-Za-z0-9+/]{100,}={0,2})"),
    ("AIza", "a Google API key", rf"(?<![+/])(AIza)({_ID}{{35}})(?!{_ID})"),
    ("ya29.", "a Google access token", rf"(ya29\.)({_ID}{{20,}})"),
    ("AQ.", "a Google API key", rf"(AQ\.)(Ab{_ID}{{30,}})"),
    ("GOCSPX-", "a Google client secret", rf"(GOCSPX-)({_ID}{{20,}})"),
    ("Q~", "an Azure client secret", r"([\w.~]{3}\dQ~)([\w.~-]{31,34})"),
    ("JQQJ99", "an Azure key", r"()([A-Za-z0-9]{50,}JQQJ99[A-Za-z0-9]{20,})"),
    ("AccountKey=", "an Azure storage key", r"(AccountKey=)([A-Za-z0-9+/]{40,}={0,2})"),
    ("SharedAccessKey=", "an Azure access key", r"(SharedAccessKey=)([A-Za-z0-9+/]{40,}={0,2})"),
    ("sig=", "an Azure shared signature", r"([?&]sig=)([A-Za-z0-9%+/]{40,})"),
    ("_v1_", "a DigitalOcean token", rf"(do[opr]_v1_)({_HEX}{{64}})"),
    ("LTAI", "an Alibaba Cloud key", r"(?<![+/])(LTAI)([A-Za-z0-9]{17,26})(?![A-Za-z0-9+/])"),
    ("v1.0-", "a Cloudflare key", rf"(v1\.0-)({_HEX}{{24}}-{_HEX}{{100,}})"),
    ("HRKU-", "a Heroku key", rf"(HRKU-)({_ID}{{30,}})"),
    ("hvs.", "a Vault token", rf"(hvs\.)({_ID}{{24,}})"),
    ("hvb.", "a Vault token", rf"(hvb\.)({_ID}{{24,}})"),
    (".atlasv1.", "a Terraform token", r"()([A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,})"),
    ("dapi", "a Databricks token", rf"(dapi)({_HEX}{{32}}(?:-\d)?)"),
    ("pscale_", "a PlanetScale token", r"(pscale_(?:tkn|oauth|pw)_)([\w.=-]{32,})"),
    ("FlyV1 fm", "a Fly.io token", r"(FlyV1 fm\d[a-z]?_)([A-Za-z0-9+/=_,-]{40,})"),
    ("tskey-", "a Tailscale key", rf"(tskey-[a-z]+-)({_ID}{{16,}})"),
    ("sbp_", "a Supabase token", rf"(sbp_)({_HEX}{{40}})"),
    ("dp.", "a Doppler token", r"(dp\.(?:pt|st|ct|sa|scim|audit)\.)([\w.-]{40,})"),
    # Forges and registries
    ("ghp_", "a GitHub token", r"(ghp_)([A-Za-z0-9]{36,})"),
    ("gho_", "a GitHub token", r"(gho_)([A-Za-z0-9]{36,})"),
    ("ghu_", "a GitHub token", r"(ghu_)([A-Za-z0-9]{36,})"),
    ("ghs_", "a GitHub token", r"(ghs_)([A-Za-z0-9_.-]{36,})"),
    ("ghr_", "a GitHub token", r"(ghr_)([A-Za-z0-9]{36,})"),
    ("github_pat_", "a GitHub token", r"(github_pat_)(\w{36,})"),
    ("glpat-", "a GitLab token", r"(glpat-)([\w.-]{20,})"),
    ("gl", "a GitLab token", r"(gl(?:dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct|wt)-)([\w.-]{20,})"),
    ("ATBB", "a Bitbucket password", r"(ATBB)([A-Za-z0-9]{28,})(?![A-Za-z0-9+/])"),
    ("ATCTT3", "a Bitbucket token", rf"(ATCTT3)({_ID}{{80,}})"),
    ("ATATT3", "an Atlassian token", r"(ATATT3)([\w=-]{80,})"),
    ("npm_", "an npm token", r"(npm_)([A-Za-z0-9]{36})"),
    ("pypi-", "a PyPI token", rf"(pypi-)(AgE{_ID}{{40,}})"),
    ("rubygems_", "a RubyGems key", rf"(rubygems_)({_HEX}{{48}})"),
    ("dckr_", "a Docker token", rf"(dckr_[a-z]{{2,4}}_)({_ID}{{20,}})"),
    ("oy2", "a NuGet key", r"(oy2)([a-z0-9]{43})(?![A-Za-z0-9])"),
    ("cio", "a crates.io token", r"(cio)([A-Za-z0-9]{32})(?![A-Za-z0-9])"),
    ("AKCp", "an Artifactory key", r"(AKCp)([A-Za-z0-9]{69})"),
    ("cmVmd", "an Artifactory token", r"(?<![+/])(cmVmd)([A-Za-z0-9]{59})(?![A-Za-z0-9+/])"),
    # Model vendors
    ("sk-ant-", "an Anthropic key", rf"(sk-ant-)([a-z]+\d*-{_ID}{{20,}})"),
    ("sk-", "an OpenAI key", rf"(sk-(?:proj|svcacct|admin|service)-)({_ID}{{20,}})"),
    ("sk-or-", "an OpenRouter key", rf"(sk-or-v1-)({_HEX}{{40,}})"),
    ("sk-", "a model vendor's key", r"(sk-)([A-Za-z0-9]{32,})"),
    ("hf_", "a Hugging Face token", r"(hf_)([A-Za-z]{30,}|[A-Za-z0-9]{34,})"),
    ("gsk_", "a Groq key", r"(gsk_)([A-Za-z0-9]{40,})"),
    ("xai-", "an xAI key", r"(xai-)([A-Za-z0-9]{60,})"),
    ("r8_", "a Replicate token", r"(r8_)([A-Za-z0-9]{37})"),
    ("pplx-", "a Perplexity key", r"(pplx-)([A-Za-z0-9]{40,})"),
    ("nvapi-", "an NVIDIA key", rf"(nvapi-)({_ID}{{60,}})"),
    ("lsv2_", "a LangSmith key", rf"(lsv2_(?:pt|sk)_)({_HEX}{{32}}_{_HEX}{{10}})"),
    ("pcsk_", "a Pinecone key", r"(pcsk_)(\w{40,})"),
    ("tvly-", "a Tavily key", rf"(tvly-)({_ID}{{24,}})"),
    # Services
    ("xox", "a Slack token", r"(xox[abeoprs](?:\.xox[bp])?-)([\w-]{10,})"),
    ("xapp-", "a Slack token", r"(xapp-\d-)([\w-]{20,})"),
    ("hooks.slack.com/", "a Slack webhook", r"(hooks\.slack\.com/(?:services|triggers)/)([\w/-]{30,})"),
    ("/api/webhooks/", "a Discord webhook", r"(discord(?:app)?\.com/api/webhooks/)(\d{15,}/[\w-]{40,})"),
    (":AA", "a Telegram token", rf"(\d{{8,10}}:)(AA{_ID}{{33}})(?!{_ID})"),
    ("k_live_", "a Stripe key", r"([rs]k_live_)([A-Za-z0-9]{16,})"),
    ("k_test_", "a Stripe key", r"([rs]k_test_)([A-Za-z0-9]{16,})"),
    ("whsec_", "a webhook's secret", r"(whsec_)([A-Za-z0-9+/=]{24,})"),
    ("SK", "a Twilio key", rf"(SK)({_HEX}{{32}})(?![0-9A-Za-z])"),
    ("SG.", "a SendGrid key", rf"(SG\.)({_ID}{{16,32}}\.{_ID}{{16,64}})"),
    ("key-", "a Mailgun key", rf"(key-)({_HEX}{{32}})(?![0-9A-Za-z])"),
    ("-us", "a Mailchimp key", rf"()({_HEX}{{32}}-us\d{{1,2}})(?![0-9A-Za-z])"),
    ("shp", "a Shopify token", r"(shp(?:at|ca|pa|ss|tka)_)([0-9a-fA-F]{32})"),
    ("sq0", "a Square key", rf"(sq0[a-z]{{3}}-)({_ID}{{22,}})"),
    ("glc_", "a Grafana token", r"(glc_)([A-Za-z0-9+/=]{32,})"),
    ("glsa_", "a Grafana token", r"(glsa_)(\w{40,})"),
    ("sntry", "a Sentry token", r"(sntry[su]_)([\w+/=-]{40,})"),
    ("NRAK-", "a New Relic key", r"(NRAK-)([A-Z0-9]{27})"),
    ("lin_api_", "a Linear key", r"(lin_api_)([A-Za-z0-9]{32,})"),
    ("ntn_", "a Notion token", r"(ntn_)([A-Za-z0-9]{40,})"),
    ("PMAK-", "a Postman key", rf"(PMAK-)({_HEX}{{24}}-{_HEX}{{34}})"),
    ("ops_eyJ", "a 1Password token", r"(ops_)(eyJ[A-Za-z0-9+/_=-]{100,})"),
    ("AGE-SECRET-KEY-", "an age key", r"(AGE-SECRET-KEY-1)([0-9A-Z]{50,})"),
    # Whatever made them
    ("eyJ", "a JWT", rf"(eyJ)({_ID}{{8,}}\.eyJ{_ID}{{8,}}\.{_ID}{{16,}})"),
    ("PRIVATE KEY", "a private key",
     r"(-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)"
     r"((?:\\[nr]|[\s+>|-])*(?:[\w-]+: [^\n]*\n[\s+>|-]*)*[A-Za-z0-9+/=]{16}"
     r"(?:\\[nr]|[A-Za-z0-9+/=\s>|-]){24,})"),
    ("Private-Lines:", "a PuTTY key", r"(Private-Lines: \d+)((?:\\[nr]|[A-Za-z0-9+/=\s]){40,})"),
    ("://", "a password in an address",
     r"([A-Za-z][\w+.-]{1,30}://[^\s:/@?#'\"]{0,100}:)([^\s@/'\"]{3,200})(?=@[\w\[])"),
)  # fmt: skip

HEADERS = ("authorization", "bearer ", "x-api-key", "private-token")
"""Marks, in lower case, of a header that carries a key."""

HEADER = (
    r"(?i)((?:authorization|x-api-key|private-token)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|apikey)\s+)?"
    r"|\bbearer\s+)([\w.~+/-]{16,}={0,2})"
)

KEYS = ("pass", "pwd", "secret", "token", "key", "credential")
"""Marks, in lower case, of a name to which a secret may be given."""

GIVEN = (
    r"(?i)((?<![A-Za-z0-9])(?P<key>[\w.-]{0,40}?(?:passw(?:or)?d|passphrase|passwort|pwd|secret|token|credentials?"
    r"|api[ _.-]?key|access[ _.-]?key|auth[ _.-]?key|encryption[ _.-]?key|signing[ _.-]?key|secret[ _.-]?key"
    r"|account[ _.-]?key)[\w.-]{0,30})"
    r"[\\\"'`*]{0,4}\s{0,3}(?::=|=>|=|:|\bis\b)\s{0,3}[\\\"'`]{0,4})(?P<value>[^\s\\\"'`,;]{8,200})"
)
"""A name with a value given to it; whether the value looks like a secret is weighed by `secrets`."""
