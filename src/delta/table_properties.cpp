#include "delta/table_properties.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace tarn::delta {
namespace {

// What a value must look like; its text says so to the user.
enum class Value : uint8_t { kAny, kBool, kPositive, kNotNegative, kFromMinusOne, kInterval, kBytes, kIsolation, kMapping, kPolicy, kCompact, kCodec,
                             kReaderVersion, kWriterVersion, kOff, kKept };

struct Known {
    std::string_view key;  // Without "delta.".
    Value value;
};

// kOff: only "false" can be kept. kKept: writers set it themselves.
constexpr Known kKnown[] = {
    {"appendOnly", Value::kBool},
    {"autoOptimize", Value::kBool},
    {"autoOptimize.autoCompact", Value::kCompact},
    {"autoOptimize.optimizeWrite", Value::kBool},
    {"checkpoint.writeStatsAsJson", Value::kBool},
    {"checkpoint.writeStatsAsStruct", Value::kBool},
    {"checkpointInterval", Value::kPositive},
    {"checkpointPolicy", Value::kPolicy},
    {"checkpointRetentionDuration", Value::kInterval},
    {"columnMapping.maxColumnId", Value::kKept},
    {"columnMapping.mode", Value::kMapping},
    {"dataSkippingNumIndexedCols", Value::kFromMinusOne},
    {"dataSkippingStatsColumns", Value::kAny},
    {"dataSkippingStringPrefixLength", Value::kNotNegative},
    {"deletedFileRetentionDuration", Value::kInterval},
    {"dropFeatureTruncateHistory.retentionDuration", Value::kInterval},
    {"enableChangeDataFeed", Value::kBool},
    {"enableDeletionVectors", Value::kBool},
    {"enableExpiredLogCleanup", Value::kBool},
    {"enableFullRetentionRollback", Value::kBool},
    {"enableIcebergCompatV1", Value::kOff},
    {"enableIcebergCompatV2", Value::kOff},
    {"enableIcebergCompatV3", Value::kOff},
    {"enableInCommitTimestamps", Value::kBool},
    {"enableRowTracking", Value::kBool},
    {"enableTypeWidening", Value::kBool},
    {"enableVariantShredding", Value::kOff},
    {"ignoreProtocolDefaults", Value::kBool},
    {"inCommitTimestampEnablementTimestamp", Value::kKept},
    {"inCommitTimestampEnablementVersion", Value::kKept},
    {"isolationLevel", Value::kIsolation},
    {"logRetentionDuration", Value::kInterval},
    {"minReaderVersion", Value::kReaderVersion},
    {"minWriterVersion", Value::kWriterVersion},
    {"parquet.compression.codec", Value::kCodec},
    {"parquet.format.version", Value::kAny},
    {"randomPrefixLength", Value::kPositive},
    {"randomizeFilePrefixes", Value::kBool},
    {"requireCheckpointProtectionBeforeVersion", Value::kKept},
    {"rowTracking.materializedRowCommitVersionColumnName", Value::kKept},
    {"rowTracking.materializedRowIdColumnName", Value::kKept},
    {"rowTrackingSuspended", Value::kOff},
    {"sampleRetentionDuration", Value::kInterval},
    {"setTransactionRetentionDuration", Value::kInterval},
    {"targetFileSize", Value::kBytes},
    {"tuneFileSizesForRewrites", Value::kBool},
};

// Features that readers must know as well; all others concern writers only.
constexpr std::string_view kReaderFeatures[] = {"catalogManaged", "columnMapping", "deletionVectors", "timestampNtz", "typeWidening",
                                                "v2Checkpoint",  "vacuumProtocolCheck", "variantType"};
constexpr std::string_view kWriterFeatures[] = {"allowColumnDefaults", "appendOnly", "changeDataFeed", "checkConstraints", "clustering",
                                                "domainMetadata", "generatedColumns", "identityColumns", "inCommitTimestamp", "invariants",
                                                "rowTracking"};
constexpr std::string_view kFeaturePrefix = "delta.feature.";

bool IsReaderFeature(std::string_view feature) {
    return std::ranges::find(kReaderFeatures, feature) != std::end(kReaderFeatures);
}

// The feature's own spelling; nullopt: no feature that this build can give a table.
std::optional<std::string> FeatureNamed(std::string_view name) {
    for (std::string_view feature : kReaderFeatures) {
        if (EqualsIgnoreCase(feature, name)) return std::string(feature);
    }
    for (std::string_view feature : kWriterFeatures) {
        if (EqualsIgnoreCase(feature, name)) return std::string(feature);
    }
    return std::nullopt;
}

std::optional<int64_t> Number(const std::string &text) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

bool IsOneOf(const std::string &text, std::initializer_list<std::string_view> allowed) {
    return std::ranges::any_of(allowed, [&](std::string_view one) { return EqualsIgnoreCase(one, text); });
}

std::optional<int64_t> Interval(const std::string &text) {
    Metadata metadata;
    metadata.configuration["i"] = text;
    int64_t milliseconds = metadata.IntervalProperty("i", -1);
    return milliseconds < 0 ? std::nullopt : std::optional(milliseconds);
}

// nullptr: the value will do. Otherwise what it needs to be.
const char *Complaint(Value kind, const std::string &value) {
    std::optional<int64_t> number = Number(value);
    switch (kind) {
        case Value::kAny:
        case Value::kOff:
        case Value::kKept: return nullptr;
        case Value::kBool: return IsOneOf(value, {"true", "false"}) ? nullptr : "needs to be a boolean.";
        case Value::kPositive: return number && *number > 0 ? nullptr : "needs to be a positive integer.";
        case Value::kNotNegative: return number && *number >= 0 ? nullptr : "needs to be greater or equal to zero.";
        case Value::kFromMinusOne: return number && *number >= -1 ? nullptr : "needs to be larger than or equal to -1.";
        case Value::kInterval:
            return Interval(value) ? nullptr : "needs to be provided as a calendar interval such as '2 weeks'. Months and years are not accepted. You may "
                                               "specify '365 days' for a year instead.";
        case Value::kBytes: return ParseByteSize(value) ? nullptr : "needs to be a size such as '104857600' or '100mb'.";
        case Value::kIsolation: return IsOneOf(value, {"Serializable", "WriteSerializable"}) ? nullptr : "must be Serializable or WriteSerializable.";
        case Value::kMapping: return IsOneOf(value, {"none", "name", "id"}) ? nullptr : "needs to be one of: none, name, id.";
        case Value::kPolicy: return IsOneOf(value, {"classic", "v2"}) ? nullptr : "can be one of the following: classic, v2.";
        case Value::kCompact: return IsOneOf(value, {"true", "false", "auto", "legacy"}) ? nullptr : "needs to be one of: true, false, auto.";
        case Value::kCodec: return ParquetCodec(value) ? nullptr : "needs to be one of: snappy, zstd, lz4, gzip, brotli, uncompressed.";
        case Value::kReaderVersion: return number && *number >= 1 && *number <= 3 ? nullptr : "needs to be one of 1, 2, 3.";
        case Value::kWriterVersion: return number && *number >= 1 && *number <= 7 ? nullptr : "needs to be one of 1, 2, 3, 4, 5, 6, 7.";
    }
    return nullptr;
}

// The known key with the longest beginning in common, for "did you mean".
std::string Nearest(std::string_view lower) {
    std::string best;
    size_t most = 3;
    for (const Known &known : kKnown) {
        std::string other = ToLower(known.key);
        auto common = static_cast<size_t>(std::ranges::mismatch(other, lower).in1 - other.begin());
        if (common > most) {
            most = common;
            best = known.key;
        }
    }
    return best;
}

std::unexpected<Error> NotDone(const std::string &property, std::string_view what) {
    Error error = MakeError(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                            "The table property " + property + " asks for " + std::string(what) + ", which this build cannot write.");
    error.remedy = "Leave the property out.";
    return Fail(std::move(error));
}

// What writer and reader versions without feature lists stood for.
std::set<std::string> LegacyFeatures(int32_t writer_version) {
    std::set<std::string> out;
    if (writer_version >= 2) out.insert({"appendOnly", "invariants"});
    if (writer_version >= 3) out.insert("checkConstraints");
    if (writer_version >= 4) out.insert({"changeDataFeed", "generatedColumns"});
    if (writer_version >= 5) out.insert("columnMapping");
    if (writer_version >= 6) out.insert("identityColumns");
    return out;
}

std::set<std::string> WithDependencies(std::set<std::string> features) {
    if (features.contains("rowTracking") || features.contains("clustering")) features.insert("domainMetadata");
    if (features.contains("catalogManaged")) features.insert("inCommitTimestamp");
    return features;
}

// `current` with the features listed. Readers of version 3 are asked for only where a feature concerns them.
Protocol WithFeatures(const Protocol &current, const std::set<std::string> &wanted) {
    bool listed = current.min_writer_version >= 7;
    std::set<std::string> have = listed ? std::set<std::string>() : LegacyFeatures(current.min_writer_version);
    if (listed && current.writer_features) {
        have.insert(current.writer_features->begin(), current.writer_features->end());
    }
    if (listed && std::ranges::includes(have, wanted)) return current;
    have.insert(wanted.begin(), wanted.end());
    Protocol out;
    out.min_writer_version = 7;
    out.writer_features.emplace(have.begin(), have.end());
    std::vector<std::string> readers;
    for (const std::string &feature : have) {
        // Writer version 5 alone only says that the table could be mapped.
        bool legacy_reader = feature == "columnMapping" && current.min_reader_version < 2 && !wanted.contains(feature);
        if (IsReaderFeature(feature) && !legacy_reader) readers.push_back(feature);
    }
    if (current.reader_features) {
        for (const std::string &feature : *current.reader_features) readers.push_back(feature);
    }
    std::ranges::sort(readers);
    readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    out.min_reader_version = 1;
    if (!readers.empty() || current.min_reader_version >= 3) {
        out.min_reader_version = 3;
        out.reader_features = std::move(readers);
    }
    return out;
}

}  // namespace

std::optional<std::string> ParquetCodec(const std::string &name) {
    std::string codec = ToLower(name);
    if (codec == "none") return "uncompressed";
    if (codec == "lz4") return "lz4_raw";  // What LZ4 once meant in Parquet has long been given up.
    if (IsOneOf(codec, {"snappy", "zstd", "lz4_raw", "gzip", "brotli", "uncompressed"})) return codec;
    return std::nullopt;
}

Result<std::string> CheckProperty(const std::string &key, const std::string &value) {
    std::string lower = ToLower(key);
    if (!lower.starts_with("delta.")) return key;
    if (lower.starts_with("delta.constraints.")) return lower;
    if (lower.starts_with(kFeaturePrefix)) return std::string(kFeaturePrefix) + key.substr(kFeaturePrefix.size());
    if (lower.starts_with("delta.universalformat.")) return NotDone(key, "UniForm");
    for (const Known &known : kKnown) {
        if (!EqualsIgnoreCase(known.key, std::string_view(lower).substr(6))) continue;
        std::string spelled = "delta." + std::string(known.key);
        if (known.value == Value::kKept) {
            return Fail(ErrorKind::kInvalidInput, "DELTA_CANNOT_MODIFY_TABLE_PROPERTY",
                        "The Delta table configuration " + spelled + " cannot be specified by the user.");
        }
        if (known.value == Value::kOff && !EqualsIgnoreCase(value, "false")) return NotDone(spelled, "the feature of that name");
        if (const char *complaint = Complaint(known.value, value)) {
            return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The table property " + spelled + " = '" + value + "': it " + complaint);
        }
        return spelled;
    }
    Error error = MakeError(ErrorKind::kInvalidInput, "DELTA_UNKNOWN_CONFIGURATION", "Unknown configuration was specified: " + key + ".");
    std::string nearest = Nearest(std::string_view(lower).substr(6));
    error.remedy = nearest.empty() ? "Properties of your own must not begin with 'delta.'." : "Did you mean delta." + nearest + "?";
    return Fail(std::move(error));
}

Result<StringMap> CheckProperties(const StringMap &properties) {
    StringMap checked;
    for (auto &[key, value] : properties) {
        TARN_TRY(std::string spelled, CheckProperty(key, value));
        checked[spelled] = value;
    }
    constexpr int64_t kDay = int64_t{24} * 3600 * 1000;
    auto of = [&](const char *key, int64_t fallback) {
        auto it = checked.find(key);
        return it == checked.end() ? fallback : Interval(it->second).value_or(fallback);
    };
    bool speaks = checked.contains("delta.logRetentionDuration") || checked.contains("delta.deletedFileRetentionDuration");
    if (speaks && of("delta.logRetentionDuration", 30 * kDay) < of("delta.deletedFileRetentionDuration", 7 * kDay)) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE",
                    "The table property delta.logRetentionDuration needs to be greater than or equal to delta.deletedFileRetentionDuration.");
    }
    return checked;
}

Result<ProtocolWish> TakeProtocolProperties(StringMap &properties) {
    ProtocolWish wish;
    std::string unknown;
    for (auto it = properties.begin(); it != properties.end();) {
        std::string lower = ToLower(it->first);
        if (lower == "delta.minreaderversion") {
            wish.reader_version = static_cast<int32_t>(Number(it->second).value_or(0));
        } else if (lower == "delta.minwriterversion") {
            wish.writer_version = static_cast<int32_t>(Number(it->second).value_or(0));
        } else if (lower.starts_with(kFeaturePrefix)) {
            if (!IsOneOf(it->second, {"supported", "enabled"})) {
                return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_FEATURE_STATUS",
                            "Expecting the status for table feature " + it->first.substr(kFeaturePrefix.size()) + " to be \"supported\", but got \"" + it->second + "\".");
            }
            std::string name = it->first.substr(kFeaturePrefix.size());
            if (auto feature = FeatureNamed(name)) wish.features.insert(*feature);
            else unknown += (unknown.empty() ? "" : ", ") + name;
        } else if (lower != "delta.ignoreprotocoldefaults") {
            ++it;
            continue;
        }
        it = properties.erase(it);
    }
    if (!unknown.empty()) {
        return Fail(ErrorKind::kUnsupported, "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG",
                    "Table features that this build cannot give a table were specified: " + unknown + ".");
    }
    return wish;
}

std::set<std::string> FeaturesOf(const Protocol &protocol) {
    std::set<std::string> features = protocol.min_writer_version < 7 ? LegacyFeatures(protocol.min_writer_version) : std::set<std::string>();
    for (auto *list : {&protocol.reader_features, &protocol.writer_features}) {
        if (*list) features.insert((*list)->begin(), (*list)->end());
    }
    return features;
}

Protocol WithoutFeature(const Protocol &current, const std::string &feature) {
    Protocol out;
    std::set<std::string> features = FeaturesOf(current);
    features.erase(feature);
    out.min_writer_version = 7;
    out.writer_features.emplace(features.begin(), features.end());
    std::vector<std::string> readers = current.reader_features.value_or(std::vector<std::string>());
    if (current.min_reader_version == 2) readers.push_back("columnMapping");
    std::erase(readers, feature);
    out.min_reader_version = readers.empty() ? 1 : 3;
    if (!readers.empty()) out.reader_features = std::move(readers);
    return out;
}

Protocol RaiseProtocol(const Protocol &current, const ProtocolWish &wish) {
    std::set<std::string> wanted = WithDependencies(wish.features);
    int32_t writer = std::max(current.min_writer_version, wish.writer_version);
    int32_t reader = std::max(current.min_reader_version, wish.reader_version);
    if (reader == 2) writer = std::max(writer, 5);  // Mapped columns: writers know them from version 5 on.
    if (reader == 3) writer = 7;
    auto stands_for = [&](int32_t version) {
        std::set<std::string> features = LegacyFeatures(version);
        if (reader < 2) features.erase("columnMapping");
        return features;
    };
    if (writer < 7 && std::ranges::includes(stands_for(writer), wanted)) {
        Protocol legacy = current;
        legacy.min_reader_version = reader;
        legacy.min_writer_version = writer;
        return legacy;
    }
    if (wish.writer_version < 7) wanted.merge(stands_for(wish.writer_version));
    return WithFeatures(current, wanted);
}

}  // namespace tarn::delta
