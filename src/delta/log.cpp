#include "delta/log.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>

#include "delta/internal/hint.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr int64_t kNoHint = -1;

std::string VersionName(int64_t version) {
    std::string digits = std::to_string(version);
    return std::string(kVersionDigits - std::min(digits.size(), kVersionDigits), '0') + digits;
}

std::optional<int64_t> ParseDigits(std::string_view text) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text[0] == '-' || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

enum class NameKind : uint8_t { kOther, kChecksum, kCommit, kClassic, kPart, kV2Parquet, kV2Json };

struct ParsedName {
    NameKind kind = NameKind::kOther;
    int64_t version = -1;
    int64_t part = 0;   // kPart: 1-based
    int64_t parts = 0;
};

// "00000000000000000010.checkpoint.0000000001.0000000002.parquet" and its relatives.
ParsedName ParseName(std::string_view name) {
    ParsedName out;
    if (name.size() < kVersionDigits + 4) return out;
    std::optional<int64_t> version = ParseDigits(name.substr(0, kVersionDigits));
    if (!version) return out;
    out.version = *version;
    std::string_view rest = name.substr(kVersionDigits);
    if (rest == ".crc") {
        out.kind = NameKind::kChecksum;
    } else if (rest == ".json") {
        out.kind = NameKind::kCommit;
    } else if (rest == ".checkpoint.parquet") {
        out.kind = NameKind::kClassic;
    } else if (rest.starts_with(".checkpoint.")) {
        rest.remove_prefix(12);
        size_t dot = rest.find('.');
        std::string_view first = rest.substr(0, dot);
        std::string_view tail = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
        if (tail == "parquet" && first.size() >= 32) {
            out.kind = NameKind::kV2Parquet;
        } else if (tail == "json" && first.size() >= 32) {
            out.kind = NameKind::kV2Json;
        } else if (tail.ends_with(".parquet")) {
            std::optional<int64_t> part = ParseDigits(first);
            std::optional<int64_t> parts = ParseDigits(tail.substr(0, tail.size() - 8));
            if (part && parts && *part >= 1 && *part <= *parts) {
                out.kind = NameKind::kPart;
                out.part = *part;
                out.parts = *parts;
            }
        }
    }
    return out;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What one listing of the log holds.
struct Listing {
    std::vector<CommitFile> commits;      // Ascending.
    std::vector<Checkpoint> checkpoints;  // Ascending by version, complete ones only.
    std::map<int64_t, int64_t> checkpoint_times;
    std::vector<int64_t> checksums;       // Versions.
};

struct PartSet {
    std::map<int64_t, std::string> paths;
};

Listing Sort(const std::vector<storage::ObjectInfo> &objects) {
    Listing out;
    std::map<std::pair<int64_t, int64_t>, PartSet> parts;  // (version, number of parts)
    for (const storage::ObjectInfo &object : objects) {
        ParsedName name = ParseName(BaseName(object.path));
        auto checkpoint = [&](CheckpointFormat format) {
            out.checkpoints.push_back({name.version, format, {object.path}});
            out.checkpoint_times[name.version] = object.modified_ms;
        };
        switch (name.kind) {
            case NameKind::kOther: break;
            case NameKind::kChecksum: out.checksums.push_back(name.version); break;
            case NameKind::kCommit:
                out.commits.push_back({name.version, object.path, object.modified_ms, object.size, object.tag});
                break;
            // A writer that died may leave an empty file; a Parquet file has at least 12 bytes.
            case NameKind::kClassic:
                if (object.size > 0) checkpoint(CheckpointFormat::kClassic);
                break;
            case NameKind::kV2Parquet:
                if (object.size > 0) checkpoint(CheckpointFormat::kV2Parquet);
                break;
            case NameKind::kV2Json:
                if (object.size > 0) checkpoint(CheckpointFormat::kV2Json);
                break;
            case NameKind::kPart:
                parts[{name.version, name.parts}].paths[name.part] = object.path;
                out.checkpoint_times[name.version] = object.modified_ms;
                break;
        }
    }
    for (auto &[key, set] : parts) {
        if (static_cast<int64_t>(set.paths.size()) != key.second) continue;  // Some part is missing: no checkpoint.
        Checkpoint checkpoint{key.first, CheckpointFormat::kMultiPart, {}};
        for (auto &[part, path] : set.paths) checkpoint.paths.push_back(path);
        out.checkpoints.push_back(std::move(checkpoint));
    }
    std::ranges::stable_sort(out.checkpoints, {}, &Checkpoint::version);
    std::ranges::sort(out.commits, {}, &CommitFile::version);
    return out;
}

std::unexpected<Error> Gap(const std::string &root, int64_t expected, int64_t found) {
    return Fail(ErrorKind::kCorrupt, "DELTA_VERSIONS_NOT_CONTIGUOUS",
                "Versions of the Delta log of " + root + " are not contiguous: " + VersionName(expected) +
                    ".json is missing, though version " + std::to_string(found) + " is there.");
}

}  // namespace

Log::Log(storage::ObjectStore &store, std::string table_root)
    : store_(store), table_root_(std::move(table_root)), log_directory_(storage::JoinPath(table_root_, "_delta_log")) {}

std::string Log::CommitPath(int64_t version) const {
    return storage::JoinPath(log_directory_, VersionName(version) + ".json");
}

std::string Log::CheckpointPath(int64_t version) const {
    return storage::JoinPath(log_directory_, VersionName(version) + ".checkpoint.parquet");
}

std::optional<int64_t> Log::ReadHint() const {
    Result<std::string> bytes = store_.Read(storage::JoinPath(log_directory_, "_last_checkpoint"));
    // The hint only saves time: whatever is wrong with it, the listing knows better.
    if (!bytes) return std::nullopt;
    std::optional<HintedFiles> hint = ParseHint(*bytes);
    return hint ? std::optional(hint->version) : std::nullopt;
}

std::optional<Checkpoint> Log::HintedCheckpoint() const {
    constexpr int64_t kMostParts = 1'000'000;  // Text from outside must not decide how much memory is taken,
    constexpr int64_t kMostVersion = INT64_MAX / 2;  // nor how far counting on goes.
    Result<std::string> bytes = store_.Read(storage::JoinPath(log_directory_, "_last_checkpoint"));
    std::optional<HintedFiles> hint = bytes ? ParseHint(*bytes) : std::nullopt;
    if (!hint || hint->parts < 0 || hint->parts > kMostParts || hint->version > kMostVersion) return std::nullopt;
    Checkpoint checkpoint{.version = hint->version};
    if (!hint->v2_name.empty()) {
        ParsedName name = ParseName(hint->v2_name);
        bool json = name.kind == NameKind::kV2Json;
        bool plain = hint->v2_name.find('/') == std::string::npos;
        if (!plain || name.version != hint->version || (!json && name.kind != NameKind::kV2Parquet)) return std::nullopt;
        checkpoint.format = json ? CheckpointFormat::kV2Json : CheckpointFormat::kV2Parquet;
        checkpoint.paths = {storage::JoinPath(log_directory_, hint->v2_name)};
    } else if (hint->parts > 0) {
        checkpoint.format = CheckpointFormat::kMultiPart;
        for (int64_t part = 1; part <= hint->parts; part++) {
            char suffix[64];
            std::snprintf(suffix, sizeof suffix, ".checkpoint.%010lld.%010lld.parquet", static_cast<long long>(part), static_cast<long long>(hint->parts));
            checkpoint.paths.push_back(storage::JoinPath(log_directory_, VersionName(hint->version) + suffix));
        }
    } else {
        checkpoint.paths = {CheckpointPath(hint->version)};
    }
    return checkpoint;
}

Result<LogSegment> Log::ListSegment(std::optional<int64_t> version, std::optional<int64_t> max_checkpoint) const {
    int64_t hint = max_checkpoint ? kNoHint : ReadHint().value_or(kNoHint);
    if (version && hint > *version) hint = kNoHint;
    int64_t newest_checkpoint = std::min(version.value_or(INT64_MAX), max_checkpoint.value_or(INT64_MAX));
    while (true) {
        storage::ListOptions options;
        if (hint != kNoHint) options.start_after = VersionName(hint);  // Sorts before every file of that version.
        TARN_TRY(auto objects, store_.List(log_directory_, options));
        Listing listing = Sort(objects);
        auto usable = [&](const Checkpoint &checkpoint) { return checkpoint.version <= newest_checkpoint; };
        auto best = std::ranges::find_if(listing.checkpoints.rbegin(), listing.checkpoints.rend(), usable);
        bool found = best != listing.checkpoints.rend();
        if (hint != kNoHint && !found) {
            hint = kNoHint;  // It names a checkpoint that is gone or was never finished: list everything.
            continue;
        }
        LogSegment segment;
        if (found) {
            segment.checkpoint = *best;
            segment.checkpoint_modified_ms = listing.checkpoint_times[best->version];
        }
        TARN_TRY(segment, BuildSegment(std::move(segment), std::move(listing.commits), version, !listing.checkpoints.empty()));
        segment.has_checksum = std::ranges::find(listing.checksums, segment.version) != listing.checksums.end();
        return segment;
    }
}

Result<LogSegment> Log::BuildSegment(LogSegment segment, std::vector<CommitFile> commits,
                                     std::optional<int64_t> version, bool has_checkpoints) const {
    int64_t start = segment.checkpoint ? segment.checkpoint->version + 1 : 0;
    if (commits.empty() && !segment.checkpoint && !has_checkpoints) {
        return Fail(ErrorKind::kNotFound, "DELTA_MISSING_DELTA_TABLE", table_root_ + " is not a Delta table.");
    }
    int64_t oldest = segment.checkpoint ? segment.checkpoint->version : commits.empty() ? -1 : commits.front().version;
    int64_t newest = std::max(commits.empty() ? -1 : commits.back().version, start - 1);
    if (version && (*version > newest || *version < 0)) {
        return Fail(ErrorKind::kNotFound, "DELTA_VERSION_NOT_FOUND",
                    "Cannot time travel Delta table to version " + std::to_string(*version) +
                        ". Available versions: [" +
                        std::to_string(std::max<int64_t>(oldest, 0)) + ", " + std::to_string(newest) + "].");
    }
    int64_t target = version.value_or(newest);
    segment.version = target;
    int64_t expected = start;
    for (CommitFile &commit : commits) {
        if (commit.version < start || commit.version > target) continue;
        if (commit.version != expected) {
            if (expected == 0) return Truncated(commit.version, version);
            return Gap(table_root_, expected, commit.version);
        }
        expected++;
        segment.commits.push_back(std::move(commit));
    }
    if (expected != target + 1) {
        if (expected == 0) return Truncated(target + 1, version);
        return Gap(table_root_, expected, target);
    }
    return segment;
}

std::unexpected<Error> Log::Truncated(int64_t first, std::optional<int64_t> version) const {
    if (version) {
        return Fail(ErrorKind::kNotFound, "DELTA_VERSION_NOT_FOUND",
                    "Cannot time travel Delta table to version " + std::to_string(*version) +
                        ": log clean-up removed the commits before version " + std::to_string(first) + ".");
    }
    return Fail(ErrorKind::kCorrupt, "DELTA_TRUNCATED_TRANSACTION_LOG",
                "The state of " + table_root_ + " cannot be rebuilt: its log begins at version " +
                    std::to_string(first) + " and has no checkpoint before that.");
}

Result<std::vector<CommitFile>> Log::ListCommitsAfter(int64_t version) const {
    // "N.json" itself sorts after "N", and "N.json~" after every file of version N that this library knows.
    TARN_TRY(auto objects, store_.List(log_directory_, {.start_after = VersionName(version) + ".json~"}));
    std::vector<CommitFile> commits = Sort(objects).commits;
    for (size_t i = 0; i < commits.size(); i++) {
        int64_t expected = version + 1 + static_cast<int64_t>(i);
        if (commits[i].version != expected) return Gap(table_root_, expected, commits[i].version);
    }
    return commits;
}

Result<std::vector<CommitFile>> Log::ListAllCommits() const {
    TARN_TRY(auto objects, store_.List(log_directory_));
    Listing listing = Sort(objects);
    if (listing.commits.empty() && listing.checkpoints.empty()) {
        return Fail(ErrorKind::kNotFound, "DELTA_MISSING_DELTA_TABLE", table_root_ + " is not a Delta table.");
    }
    return std::move(listing.commits);
}

Result<LogFiles> Log::ListFiles() const {
    TARN_TRY(auto objects, store_.List(log_directory_));
    LogFiles files;
    for (const storage::ObjectInfo &object : objects) {
        std::string_view name = BaseName(object.path);
        std::optional<int64_t> version = ParseDigits(name.substr(0, std::min(kVersionDigits, name.size())));
        if (version && name.size() > kVersionDigits && name[kVersionDigits] == '.') files.all.push_back({*version, object.path});
    }
    Listing listing = Sort(objects);
    files.commits = std::move(listing.commits);
    files.checkpoints = std::move(listing.checkpoints);
    return files;
}

Result<bool> Log::Exists() const {
    // Versions begin with a digit, which sorts after '/': nearly always the first few names tell.
    constexpr size_t kFew = 32;
    TARN_TRY(auto few, store_.List(log_directory_, {.start_after = "/", .limit = kFew}));
    Listing first = Sort(few);
    if (!first.commits.empty() || !first.checkpoints.empty()) return true;
    if (few.size() < kFew) return false;
    TARN_TRY(auto objects, store_.List(log_directory_));
    Listing listing = Sort(objects);
    return !listing.commits.empty() || !listing.checkpoints.empty();
}

Result<CommitOutcome> Log::TryCommit(int64_t version, std::string_view ndjson) {
    TARN_ASSERT(version >= 0 && !ndjson.empty());
    TARN_TRY(storage::PutOutcome outcome, store_.PutIfAbsent(CommitPath(version), ndjson));
    return outcome == storage::PutOutcome::kWritten ? CommitOutcome::kCommitted : CommitOutcome::kVersionTaken;
}

Result<std::string> Log::ReadCommit(int64_t version) const { return store_.Read(CommitPath(version)); }

Result<void> ReadCommits(const Log &log, const std::vector<CommitFile> &commits,
                         const std::function<Result<void>(const CommitFile &commit, std::string_view text)> &sink) {
    constexpr size_t kAtOnce = 32;  // Their texts are held in memory.
    for (size_t begin = 0; begin < commits.size(); begin += kAtOnce) {
        size_t end = std::min(begin + kAtOnce, commits.size());
        std::vector<std::string> paths;
        for (size_t i = begin; i < end; i++) paths.push_back(commits[i].path);
        std::vector<Result<std::string>> texts = log.store().ReadMany(paths);
        for (size_t i = begin; i < end; i++) {
            if (!texts[i - begin]) return std::unexpected(std::move(texts[i - begin]).error());
            TARN_CHECK(sink(commits[i], *texts[i - begin]));
        }
    }
    return {};
}

}  // namespace tarn::delta
