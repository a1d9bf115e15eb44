// delta/table_properties.h: which properties a Delta table can have, and what they ask of its protocol.
//
// Threads: pure functions.
// Specification: PROTOCOL.md, "Table Features"; the properties of Delta Lake's own documentation, and those that Databricks
// adds to them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "delta/action.h"

namespace tarn::delta {

// Checks what a user sets, and returns the key as Delta spells it. Keys that do not begin with "delta." are the user's own.
// Errors: kInvalidInput [DELTA_UNKNOWN_CONFIGURATION] names the nearest key; [DELTA_CANNOT_MODIFY_TABLE_PROPERTY] for what
//         writers keep there themselves; [INVALID_PARAMETER_VALUE] says what the value can be
//         kUnsupported [FEATURE_NOT_SUPPORTED] for what this build cannot keep up (Iceberg compatibility, UniForm)
Result<std::string> CheckProperty(const std::string &key, const std::string &value);
// All of them, under Delta's spelling.
// Errors: also kInvalidInput when delta.logRetentionDuration is shorter than delta.deletedFileRetentionDuration.
Result<StringMap> CheckProperties(const StringMap &properties);

// Parquet's name for a value of delta.parquet.compression.codec. nullopt: it is none.
std::optional<std::string> ParquetCodec(const std::string &name);

// Features and versions that a table shall have.
struct ProtocolWish {
    std::set<std::string> features;
    int32_t reader_version = 0, writer_version = 0;
};

// Takes delta.feature.NAME, delta.minReaderVersion, delta.minWriterVersion and delta.ignoreProtocolDefaults out of
// `properties`: they are no part of a table's metadata.
// Errors: kUnsupported [DELTA_UNSUPPORTED_FEATURES_IN_CONFIG], [DELTA_UNSUPPORTED_FEATURE_STATUS].
Result<ProtocolWish> TakeProtocolProperties(StringMap &properties);

// `current`, or a higher protocol that has what is wished for and the features which that needs. Features that a legacy
// version stood for are kept by name. Never lower than `current`.
Protocol RaiseProtocol(const Protocol &current, const ProtocolWish &wish);

// What the protocol says that its table may use, named or implied by a legacy version.
std::set<std::string> FeaturesOf(const Protocol &protocol);
// `current` less a feature. The others stay, by name.
Protocol WithoutFeature(const Protocol &current, const std::string &feature);

}  // namespace tarn::delta
