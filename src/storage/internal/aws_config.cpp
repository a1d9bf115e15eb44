#include "storage/internal/aws_config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace tarn::storage {
namespace {

std::string Lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::optional<bool> ParseFlag(std::string_view text) {
    std::string lower = Lower(Trim(text));
    if (lower == "true" || lower == "1" || lower == "yes") return true;
    if (lower == "false" || lower == "0" || lower == "no") return false;
    return std::nullopt;
}

int64_t ParseNumber(std::string_view text, int64_t otherwise) {
    int64_t value = 0;
    auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    bool good = failed == std::errc() && end == text.data() + text.size() && value > 0;
    return good ? value : otherwise;
}

// "[profile x]" -> "x"; nullopt: a section that is no profile.
std::optional<std::string> ProfileName(std::string_view section, bool config) {
    section = Trim(section);
    if (!config || section == "default") return std::string(section);
    if (!section.starts_with("profile")) return std::nullopt;
    section.remove_prefix(7);
    if (section.empty() || !std::isspace(static_cast<unsigned char>(section.front()))) return std::nullopt;
    return std::string(Trim(section));
}

std::string First(std::initializer_list<std::string> choices) {
    for (const std::string &choice : choices) {
        if (!choice.empty()) return choice;
    }
    return "";
}

std::string ValueOf(const AwsProfile &profile, const std::string &key) {
    auto it = profile.find(key);
    return it == profile.end() ? "" : it->second;
}

}  // namespace

AwsSources AwsSources::OfProcess() {
    AwsSources sources;
    sources.env = [](const char *name) {
        const char *value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    sources.read_file = [](const std::string &path) -> std::optional<std::string> {
        std::ifstream in(path, std::ios::binary);
        if (!in) return std::nullopt;
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    return sources;
}

void ParseProfiles(std::string_view text, bool config, AwsProfiles &profiles) {
    AwsProfile *profile = nullptr;
    std::string outer;  // The key that indented lines belong to.
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        at = end + 1;
        bool indented = !line.empty() && std::isspace(static_cast<unsigned char>(line.front()));
        std::string_view bare = Trim(line);
        if (bare.empty() || bare.front() == '#' || bare.front() == ';') continue;
        if (bare.front() == '[') {
            auto name = ProfileName(bare.substr(1, bare.find(']') == std::string_view::npos ? 0 : bare.find(']') - 1), config);
            profile = name ? &profiles[*name] : nullptr;
            outer.clear();
            continue;
        }
        size_t equals = bare.find('=');
        if (profile == nullptr || equals == std::string_view::npos) continue;
        std::string key = Lower(Trim(bare.substr(0, equals)));
        std::string_view value = Trim(bare.substr(equals + 1));
        if (size_t comment = value.find(" #"); comment != std::string_view::npos) value = Trim(value.substr(0, comment));
        if (!indented) outer = value.empty() ? key : "";
        if (indented && !outer.empty()) key = outer + "." + key;
        if (!value.empty()) (*profile)[key] = value;
    }
}

AwsProfiles LoadProfiles(const AwsSources &sources) {
    AwsProfiles profiles;
    std::string home = sources.env("HOME");
    std::string config = First({sources.env("AWS_CONFIG_FILE"), home + "/.aws/config"});
    std::string credentials = First({sources.env("AWS_SHARED_CREDENTIALS_FILE"), home + "/.aws/credentials"});
    if (auto text = sources.read_file(config)) ParseProfiles(*text, true, profiles);
    if (auto text = sources.read_file(credentials)) ParseProfiles(*text, false, profiles);
    return profiles;
}

Result<S3Config> ResolveS3Config(const S3Settings &settings, const AwsSources &sources, const AwsProfiles &profiles) {
    const auto &env = sources.env;
    S3Config config;
    config.profile = First({env("AWS_PROFILE"), env("AWS_DEFAULT_PROFILE"), settings.profile, "default"});
    static const AwsProfile kNone;
    auto found = profiles.find(config.profile);
    const AwsProfile &profile = found == profiles.end() ? kNone : found->second;

    config.endpoint = First({env("AWS_ENDPOINT_URL_S3"), env("AWS_ENDPOINT_URL"), settings.endpoint,
                             ValueOf(profile, "s3.endpoint_url"), ValueOf(profile, "endpoint_url")});
    while (config.endpoint.ends_with('/')) config.endpoint.pop_back();
    if (!config.endpoint.empty() && !config.endpoint.starts_with("http://") && !config.endpoint.starts_with("https://")) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                    "The S3 endpoint '" + config.endpoint + "' must begin with http:// or https://.");
    }
    config.sts_endpoint = env("AWS_ENDPOINT_URL_STS");
    config.region = First({env("AWS_REGION"), env("AWS_DEFAULT_REGION"), settings.region, ValueOf(profile, "region"), "us-east-1"});

    config.ca_bundle = First({env("AWS_CA_BUNDLE"), ValueOf(profile, "ca_bundle")});

    // Names of buckets are no host names of a server of one's own, unless somebody says so.
    config.path_style = !config.endpoint.empty();
    std::string addressing = Lower(ValueOf(profile, "s3.addressing_style"));
    if (addressing == "path") config.path_style = true;
    if (addressing == "virtual") config.path_style = false;
    if (settings.path_style) config.path_style = *settings.path_style;
    if (auto hosted = ParseFlag(env("AWS_VIRTUAL_HOSTED_STYLE_REQUEST"))) config.path_style = !*hosted;

    config.anonymous = settings.anonymous.value_or(false);
    if (auto skip = ParseFlag(env("AWS_SKIP_SIGNATURE"))) config.anonymous = *skip;
    config.retry.attempts = static_cast<int>(std::min<int64_t>(ParseNumber(env("AWS_MAX_ATTEMPTS"), config.retry.attempts), 100));
    config.stall_timeout_s = ParseNumber(env("TARN_S3_TIMEOUT"), config.stall_timeout_s);
    return config;
}

}  // namespace tarn::storage
