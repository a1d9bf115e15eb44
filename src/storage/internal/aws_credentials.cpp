#include "storage/internal/aws_credentials.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <sys/wait.h>

#include "base/text.h"
#include "storage/internal/xml.h"
#include "storage/path.h"

namespace tarn::storage {
namespace {

constexpr int64_t kRefreshBeforeS = 300;
constexpr int kMaxRoles = 5;

int64_t NowS() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::unexpected<Error> NoAccess(const std::string &message, const std::string &remedy = "") {
    Error error = MakeError(ErrorKind::kInvalidInput, "UNAUTHORIZED_ACCESS", message);
    error.remedy = remedy;
    return Fail(std::move(error));
}

std::string ValueOf(const AwsProfile &profile, const std::string &key) {
    auto it = profile.find(key);
    return it == profile.end() ? "" : it->second;
}

}  // namespace

std::string UriEncode(std::string_view text, bool keep_slash) {
    return PercentEncode(text, keep_slash ? "-_.~/" : "-_.~");
}

Result<Credentials> ParseCredentialsJson(std::string_view json, const std::string &origin) {
    simdjson::dom::parser parser;
    simdjson::padded_string padded(json);
    simdjson::dom::object object;
    if (parser.parse(padded).get(object) != simdjson::SUCCESS) return NoAccess(origin + " did not answer with JSON.");
    auto text = [&](const char *key) {
        std::string_view value;
        return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    Credentials found{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), 0};
    if (found.session_token.empty()) found.session_token = text("SessionToken");
    if (found.access_key.empty() || found.secret_key.empty()) {
        std::string code = text("Code");
        return NoAccess(origin + " gave no keys" + (code.empty() ? "." : ": " + code + "."));
    }
    std::string expires = text("Expiration");
    if (!expires.empty()) found.expires_s = std::max<int64_t>(ParseTime(expires), 0);
    return found;
}

CredentialChain::CredentialChain(S3Config config, AwsProfiles profiles, AwsSources sources, HttpTransport transport)
    : config_(std::move(config)), profiles_(std::move(profiles)), sources_(std::move(sources)), transport_(std::move(transport)) {}

Result<Credentials> CredentialChain::Get() {
    std::lock_guard lock(mutex_);
    if (current_ && (current_->expires_s == 0 || current_->expires_s - kRefreshBeforeS > NowS())) return *current_;
    Found found = Find();
    if (!found) {
        // What is about to expire is still good for a while, though the service that renews it is not there.
        if (current_ && current_->expires_s > NowS()) return *current_;
        return Fail(std::move(found).error());
    }
    if (!*found) {
        return NoAccess("No credentials for s3:// were found.",
                        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a profile of ~/.aws/credentials, or run where a "
                        "role is attached. For a public bucket set AWS_SKIP_SIGNATURE=true.");
    }
    current_ = *std::move(found);
    return *current_;
}

void CredentialChain::Forget() {
    std::lock_guard lock(mutex_);
    current_.reset();
}

CredentialChain::Found CredentialChain::Find() {
    const auto &env = sources_.env;
    TARN_TRY(auto from_environment, FromEnvironment());
    if (from_environment) return from_environment;
    if (!env("AWS_WEB_IDENTITY_TOKEN_FILE").empty() && !env("AWS_ROLE_ARN").empty()) {
        return FromWebIdentity(env("AWS_ROLE_ARN"), env("AWS_WEB_IDENTITY_TOKEN_FILE"), env("AWS_ROLE_SESSION_NAME"));
    }
    TARN_TRY(auto from_profile, FromProfile(config_.profile, 0));
    if (from_profile) return from_profile;
    TARN_TRY(auto from_container, FromContainer());
    if (from_container) return from_container;
    return FromInstance();
}

CredentialChain::Found CredentialChain::FromEnvironment() {
    Credentials found{sources_.env("AWS_ACCESS_KEY_ID"), sources_.env("AWS_SECRET_ACCESS_KEY"), sources_.env("AWS_SESSION_TOKEN"), 0};
    if (found.access_key.empty() && found.secret_key.empty()) return std::nullopt;
    if (found.access_key.empty() || found.secret_key.empty()) {
        return NoAccess(std::string("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together; ") +
                        (found.access_key.empty() ? "the first" : "the second") + " is not set.");
    }
    return found;
}

CredentialChain::Found CredentialChain::FromWebIdentity(const std::string &role, const std::string &token_file,
                                                        const std::string &session) {
    auto token = sources_.read_file(token_file);
    if (!token) return NoAccess("The web identity token " + token_file + " cannot be read.");
    std::string body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + UriEncode(role) +
                       "&RoleSessionName=" + UriEncode(session.empty() ? "tarn" : session) +
                       "&WebIdentityToken=" + UriEncode(Trim(*token));
    return AskSts(body, nullptr);
}

CredentialChain::Found CredentialChain::FromProfile(const std::string &name, int depth) {
    auto it = profiles_.find(name);
    if (it == profiles_.end()) {
        if (name == "default") return std::nullopt;
        return NoAccess("The AWS profile `" + name + "` is in neither ~/.aws/config nor ~/.aws/credentials.");
    }
    const AwsProfile &profile = it->second;
    if (depth > kMaxRoles) return NoAccess("The AWS profile `" + name + "` refers to itself through source_profile.");
    std::string role = ValueOf(profile, "role_arn");
    // At the chain's end a profile may name itself as the source of its own role.
    bool keys_first = role.empty() || depth > 0;
    if (keys_first && !ValueOf(profile, "aws_access_key_id").empty()) {
        return Credentials{ValueOf(profile, "aws_access_key_id"), ValueOf(profile, "aws_secret_access_key"), ValueOf(profile, "aws_session_token"), 0};
    }
    if (!role.empty()) {
        std::string token_file = ValueOf(profile, "web_identity_token_file");
        if (!token_file.empty()) return FromWebIdentity(role, token_file, ValueOf(profile, "role_session_name"));
        return FromSourceProfile(profile, name, depth);
    }
    if (std::string command = ValueOf(profile, "credential_process"); !command.empty()) return FromProcess(command);
    if (!ValueOf(profile, "sso_session").empty() || !ValueOf(profile, "sso_start_url").empty()) {
        return NoAccess("The AWS profile `" + name + "` signs in through SSO, which this build cannot do itself.",
                        "Run: eval \"$(aws configure export-credentials --profile " + name + " --format env)\"");
    }
    return std::nullopt;
}

CredentialChain::Found CredentialChain::FromSourceProfile(const AwsProfile &profile, const std::string &name, int depth) {
    std::string source = ValueOf(profile, "source_profile");
    Found signer = std::optional<Credentials>();
    if (!source.empty()) {
        signer = FromProfile(source, depth + 1);
    } else if (ValueOf(profile, "credential_source") == "Environment") {
        signer = FromEnvironment();
    } else if (ValueOf(profile, "credential_source") == "Ec2InstanceMetadata") {
        signer = FromInstance();
    } else if (ValueOf(profile, "credential_source") == "EcsContainer") {
        signer = FromContainer();
    }
    if (!signer) return signer;
    if (!*signer) return NoAccess("The AWS profile `" + name + "` has a role, but nothing that gives keys to take it on with.");
    std::string session = ValueOf(profile, "role_session_name");
    std::string body = "Action=AssumeRole&Version=2011-06-15&RoleArn=" + UriEncode(ValueOf(profile, "role_arn")) +
                       "&RoleSessionName=" + UriEncode(session.empty() ? "tarn" : session);
    if (std::string id = ValueOf(profile, "external_id"); !id.empty()) body += "&ExternalId=" + UriEncode(id);
    return AskSts(body, &**signer);
}

CredentialChain::Found CredentialChain::FromProcess(const std::string &command) {
    FILE *pipe = popen(command.c_str(), "re");
    if (pipe == nullptr) return NoAccess("The profile's credential_process cannot be started.");
    std::string output;
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
    int status = pclose(pipe);
    if (status != 0) {
        return NoAccess("The profile's credential_process failed" +
                        (WIFEXITED(status) ? " with exit code " + std::to_string(WEXITSTATUS(status)) : std::string()) + ".");
    }
    TARN_TRY(Credentials found, ParseCredentialsJson(output, "The profile's credential_process"));
    return found;
}

CredentialChain::Found CredentialChain::FromContainer() {
    const auto &env = sources_.env;
    std::string url = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (std::string relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !relative.empty()) url = "http://169.254.170.2" + relative;
    if (url.empty()) return std::nullopt;
    std::string token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (std::string file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
        auto text = sources_.read_file(file);
        if (!text) return NoAccess("The container's authorization token " + file + " cannot be read.");
        token = std::string(Trim(*text));
    }
    HttpRequest request;
    request.url = url;
    request.direct = true;
    request.total_timeout_ms = 5000;
    if (!token.empty()) request.headers.push_back("Authorization: " + token);
    HttpResult answer = transport_(request);
    if (!answer) return NoAccess("The container's credentials service does not answer: " + answer.error().text + ".");
    if (answer->status != 200) return NoAccess("The container's credentials service answers with HTTP " + std::to_string(answer->status) + ".");
    TARN_TRY(Credentials found, ParseCredentialsJson(answer->body, "The container's credentials service"));
    return found;
}

CredentialChain::Found CredentialChain::FromInstance() {
    const auto &env = sources_.env;
    std::string disabled = env("AWS_EC2_METADATA_DISABLED");
    if (disabled == "true" || disabled == "1") return std::nullopt;
    std::string base = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (base.empty()) base = "http://169.254.169.254";
    while (base.ends_with('/')) base.pop_back();
    HttpRequest request;
    request.method = "PUT";
    request.url = base + "/latest/api/token";
    request.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"};
    request.direct = true;
    request.connect_timeout_ms = 1000;
    request.total_timeout_ms = 2000;
    HttpResult token = transport_(request);
    // Nobody there: this is no EC2 machine.
    if (!token || token->status != 200) return std::nullopt;
    request.method = "GET";
    request.headers = {"X-aws-ec2-metadata-token: " + std::string(Trim(token->body))};
    request.url = base + "/latest/meta-data/iam/security-credentials/";
    HttpResult role = transport_(request);
    if (!role || role->status != 200) return std::nullopt;
    std::string name = role->body.substr(0, role->body.find('\n'));
    request.url += UriEncode(Trim(name));
    HttpResult answer = transport_(request);
    if (!answer || answer->status != 200) return NoAccess("The machine's metadata service does not give the keys of its role.");
    TARN_TRY(Credentials found, ParseCredentialsJson(answer->body, "The machine's metadata service"));
    return found;
}

CredentialChain::Found CredentialChain::AskSts(const std::string &body, const Credentials *signer) {
    HttpRequest request;
    request.method = "POST";
    request.url = (config_.sts_endpoint.empty() ? "https://sts." + config_.region + ".amazonaws.com" : config_.sts_endpoint) + "/";
    request.headers = {"Content-Type: application/x-www-form-urlencoded"};
    request.body = body;
    request.ca_file = config_.ca_bundle;
    request.total_timeout_ms = 20'000;
    Signing signing;
    if (signer != nullptr) {
        signing = {signer->access_key, signer->secret_key, signer->session_token, config_.region, "sts"};
        request.signing = &signing;
    }
    HttpResult answer = transport_(request);
    if (!answer) return NoAccess("The token service (STS) does not answer: " + answer.error().text + ".");
    Result<XmlElement> xml = ParseXml(answer->body);
    if (answer->status != 200) {
        const XmlElement *error = xml ? xml->Child("Error") : nullptr;
        std::string code(error != nullptr ? error->TextOf("Code") : std::string_view());
        return NoAccess("The token service (STS) refuses the role: " +
                        (code.empty() ? "HTTP " + std::to_string(answer->status) : code) + ".");
    }
    if (!xml) return Fail(std::move(xml).error());
    const XmlElement *result = nullptr;
    for (const XmlElement &child : xml->children) {
        if (child.name.ends_with("Result")) result = &child;
    }
    const XmlElement *keys = result != nullptr ? result->Child("Credentials") : nullptr;
    if (keys == nullptr) return NoAccess("The token service (STS) gave no keys.");
    return Credentials{std::string(keys->TextOf("AccessKeyId")), std::string(keys->TextOf("SecretAccessKey")),
                       std::string(keys->TextOf("SessionToken")), std::max<int64_t>(ParseTime(keys->TextOf("Expiration")), 0)};
}

}  // namespace tarn::storage
