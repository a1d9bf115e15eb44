#include "storage/path.h"

#include <unistd.h>

#include <cctype>
#include <climits>
#include <cstring>
#include <optional>
#include <vector>

namespace tarn::storage {
namespace {

bool EqualsIgnoreCaseAscii(std::string_view a, std::string_view lower) {
    if (a.size() != lower.size()) return false;
    for (size_t i = 0; i < a.size(); i++) {
        if (std::tolower(static_cast<unsigned char>(a[i])) != lower[i]) return false;
    }
    return true;
}

int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Drops "." and empty segments and folds ".."; nullopt when ".." climbs above the start.
std::optional<std::string> Normalise(std::string_view path) {
    std::vector<std::string_view> segments;
    size_t begin = 0;
    while (begin <= path.size()) {
        size_t end = std::min(path.find('/', begin), path.size());
        std::string_view segment = path.substr(begin, end - begin);
        if (segment == "..") {
            if (segments.empty()) return std::nullopt;
            segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
        begin = end + 1;
    }
    std::string out;
    for (std::string_view segment : segments) {
        if (!out.empty()) out += '/';
        out += segment;
    }
    return out;
}

// Hadoop's older spellings of the same place.
std::string WithS3Scheme(std::string text) {
    for (std::string_view scheme : {"s3a://", "s3n://", "S3://", "S3A://"}) {
        if (text.starts_with(scheme)) return "s3://" + text.substr(scheme.size());
    }
    return text;
}

// "/a/b" of "file:/a/b", "file:///a/b", "file://host/a/b" (the host is ignored), not yet decoded.
std::string_view FileUriPath(std::string_view uri) {
    std::string_view rest = uri.substr(uri.find(':') + 1);
    if (rest.starts_with("//")) {
        size_t slash = rest.find('/', 2);
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    }
    return rest;
}

}  // namespace

std::string PercentDecode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '%' && i + 2 < text.size()) {
            int high = HexDigit(text[i + 1]);
            int low = HexDigit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

std::string PercentEncode(std::string_view path) {
    // RFC 2396 path characters, which is what java.net.URI leaves alone; without ':', which could read as a scheme.
    return PercentEncode(path, "-_.!~*'()@&=+$,/");
}

std::string PercentEncode(std::string_view text, std::string_view plain) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (unsigned char c : text) {
        if ((c < 0x80 && std::isalnum(c)) || plain.find(static_cast<char>(c)) != std::string_view::npos) {
            out += static_cast<char>(c);
        } else {
            out += '%';
            out += kHex[c >> 4];
            out += kHex[c & 15];
        }
    }
    return out;
}

std::vector<std::string> SplitPath(std::string_view path) {
    std::vector<std::string> parts;
    for (size_t at = 0; at <= path.size();) {
        size_t end = std::min(path.find('/', at), path.size());
        parts.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

std::string_view SchemeOf(std::string_view text) {
    size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon < 2) return {};
    for (size_t i = 0; i < colon; i++) {
        unsigned char c = static_cast<unsigned char>(text[i]);
        bool ok = std::isalpha(c) || (i > 0 && (std::isdigit(c) || c == '+' || c == '-' || c == '.'));
        if (!ok) return {};
    }
    // "day:12.parquet" is a file name; a URI's path starts with a slash.
    if (colon + 1 >= text.size() || text[colon + 1] != '/') return {};
    return text.substr(0, colon);
}

std::string JoinPath(std::string_view directory, std::string_view name) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
    while (name.starts_with('/')) name.remove_prefix(1);
    std::string out(directory);
    if (!out.ends_with('/')) out += '/';
    out += name;
    return out;
}

std::string RelativePath(std::string_view directory, std::string_view path) {
    TARN_ASSERT(path.starts_with(directory));
    path.remove_prefix(directory.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    return std::string(path);
}

Result<std::string> CanonicalPath(std::string_view text) {
    if (text.empty() || text.find('\0') != std::string_view::npos) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                    "A path must not be empty or hold a zero byte.");
    }
    std::string path;
    std::string_view scheme = SchemeOf(text);
    if (EqualsIgnoreCaseAscii(scheme, "file")) {
        path = PercentDecode(FileUriPath(text));
        if (path.empty()) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                        "The URI " + std::string(text) + " names no path.");
        }
    } else if (!scheme.empty()) {
        std::string out = WithS3Scheme(std::string(text));
        while (out.ends_with('/') && !out.ends_with("//")) out.pop_back();
        if (out.starts_with("s3://") && out.size() > 5 && out[5] != '/') return out;
        if (out.starts_with("s3:")) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The path " + std::string(text) + " names no bucket: s3://bucket/key.");
        }
        return out;
    } else {
        path = text;
    }
    if (!path.starts_with('/')) {
        char working[PATH_MAX];
        if (getcwd(working, sizeof working) == nullptr) {
            return Fail(ErrorKind::kIo, "IO_ERROR", "The working directory cannot be read.");
        }
        path = JoinPath(working, path);
    }
    std::optional<std::string> normal = Normalise(path);
    if (!normal) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                    "The path " + std::string(text) + " climbs above the root.");
    }
    return "/" + *normal;
}

Result<std::string> ResolveActionPath(std::string_view table_root, std::string_view action_path) {
    std::string_view scheme = SchemeOf(action_path);
    if (!scheme.empty()) {
        if (EqualsIgnoreCaseAscii(scheme, "file")) return CanonicalPath(action_path);
        return WithS3Scheme(PercentDecode(action_path));
    }
    std::string decoded = PercentDecode(action_path);
    if (decoded.starts_with('/')) return CanonicalPath(decoded);
    bool plain = decoded.find("./") == std::string::npos && !decoded.ends_with("..") &&
                 decoded.find("//") == std::string::npos && decoded.find('\0') == std::string::npos;
    if (plain && !decoded.empty()) return JoinPath(table_root, decoded);
    std::optional<std::string> normal = Normalise(decoded);
    if (!normal || normal->empty() || decoded.find('\0') != std::string::npos) {
        return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG",
                    "The log of " + std::string(table_root) + " names a file outside the table: " + decoded + ".");
    }
    return JoinPath(table_root, *normal);
}

bool IsPlainActionPath(std::string_view action_path) {
    if (action_path.empty() || action_path[0] == '/' || action_path[0] == '.') return false;
    auto has = [&](char c) { return std::memchr(action_path.data(), c, action_path.size()) != nullptr; };
    if (has('%') || has(':')) return false;
    // Not "a/./b" and not "..": a dot behind a slash or another dot.
    for (size_t at = action_path.find('.'); at != std::string_view::npos; at = action_path.find('.', at + 1)) {
        if (action_path[at - 1] == '/' || action_path[at - 1] == '.') return false;
    }
    return true;
}

std::string ActionPathKey(std::string_view table_root, std::string_view action_path) {
    if (IsPlainActionPath(action_path)) return std::string(action_path);
    Result<std::string> full = ResolveActionPath(table_root, action_path);
    if (!full) return PercentDecode(action_path);
    if (full->size() > table_root.size() + 1 && full->starts_with(table_root) && (*full)[table_root.size()] == '/') {
        return full->substr(table_root.size() + 1);
    }
    return *std::move(full);
}

}  // namespace tarn::storage
