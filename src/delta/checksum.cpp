#include "delta/checksum.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>

#include "delta/internal/json_writer.h"
#include "storage/path.h"

namespace tarn::delta {
namespace {

// A stream leaves one for each of its runs: more than these are not worth repeating with every version. Spark's limit, too.
constexpr size_t kMostTransactions = 100;

std::string ChecksumPath(const Log &log, int64_t version) {
    char name[32];
    std::snprintf(name, sizeof name, "%020lld.crc", static_cast<long long>(version));
    return storage::JoinPath(log.log_directory(), name);
}

// {"metaData":{…}} -> {…}
std::string Inner(const Action &action) {
    std::string text = ToJson(action);
    return text.substr(text.find(':') + 1, text.size() - text.find(':') - 2);
}

// Reads one object of the checksum as the action that it is.
Result<void> ParseAs(const char *name, const simdjson::dom::element &value, std::string_view origin, const std::function<void(Action &&)> &take) {
    std::string line = std::string("{\"") + name + "\":" + simdjson::to_string(value) + "}";
    return ParseActions(line, origin, [&](Action &&action) -> Result<void> {
        take(std::move(action));
        return {};
    });
}

template <class T>
Result<std::optional<std::vector<T>>> ParseList(const simdjson::dom::object &object, const char *field, const char *name, std::string_view origin) {
    simdjson::dom::array array;
    if (object[field].get(array) != simdjson::SUCCESS) return std::optional<std::vector<T>>();
    std::vector<T> values;
    for (const simdjson::dom::element &element : array) {
        TARN_CHECK(ParseAs(name, element, origin, [&](Action &&action) {
            if (T *value = std::get_if<T>(&action)) values.push_back(std::move(*value));
        }));
    }
    return std::optional(std::move(values));
}

std::optional<int64_t> Number(const simdjson::dom::object &object, const char *field) {
    int64_t value = 0;
    if (object[field].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

bool SameMetadata(const Metadata &a, const Metadata &b) {
    return a.id == b.id && a.schema == b.schema && a.partition_columns == b.partition_columns && a.configuration == b.configuration;
}

}  // namespace

VersionChecksum ChecksumOf(const Snapshot &snapshot) {
    VersionChecksum sum;
    if (!snapshot.commit_txn_id.empty()) sum.txn_id = snapshot.commit_txn_id;
    int64_t masked = 0, vectors = 0;
    snapshot.files.rows().ForEach([&](const FileRow &file) {
        sum.files++;
        sum.table_bytes += file.size().value_or(0);
        if (const DeletionVectorDescriptor *vector = file.deletion_vector()) {
            vectors++;
            masked += vector->cardinality;
        }
    });
    if (snapshot.protocol.HasReaderFeature("deletionVectors")) {
        sum.masked_rows = masked;
        sum.vectors = vectors;
    }
    if (snapshot.metadata.BoolProperty("delta.enableInCommitTimestamps", false)) sum.in_commit_timestamp = snapshot.timestamp_ms;
    if (snapshot.transactions.size() <= kMostTransactions) {
        sum.transactions.emplace();
        for (const auto &[app, transaction] : snapshot.transactions) sum.transactions->push_back(transaction);
    }
    sum.domains.emplace();
    for (const auto &[name, domain] : snapshot.domains) sum.domains->push_back(domain);
    sum.metadata = snapshot.metadata;
    sum.protocol = snapshot.protocol;
    return sum;
}

std::string ToJson(const VersionChecksum &checksum) {
    std::string out;
    JsonWriter json(out);
    json.BeginObject();
    json.Field("txnId", checksum.txn_id);
    json.Field("tableSizeBytes", checksum.table_bytes).Field("numFiles", checksum.files);
    json.Field("numDeletedRecordsOpt", checksum.masked_rows).Field("numDeletionVectorsOpt", checksum.vectors);
    json.Field("numMetadata", 1).Field("numProtocol", 1);
    json.Field("inCommitTimestampOpt", checksum.in_commit_timestamp);
    if (checksum.transactions) {
        json.Key("setTransactions").BeginArray();
        for (const SetTransaction &transaction : *checksum.transactions) json.Raw(Inner(transaction));
        json.EndArray();
    }
    if (checksum.domains) {
        json.Key("domainMetadata").BeginArray();
        for (const DomainMetadata &domain : *checksum.domains) json.Raw(Inner(domain));
        json.EndArray();
    }
    json.Key("metadata").Raw(Inner(checksum.metadata));
    json.Key("protocol").Raw(Inner(checksum.protocol));
    json.EndObject();
    return out + "\n";
}

Result<VersionChecksum> ParseChecksum(std::string_view text, std::string_view origin) {
    auto corrupt = [&](const std::string &why) {
        return Fail(ErrorKind::kCorrupt, "DELTA_CORRUPT_LOG", "The checksum file " + std::string(origin) + " is damaged: " + why + ".");
    };
    simdjson::dom::parser parser;
    simdjson::padded_string padded(text);
    simdjson::dom::object object;
    if (parser.parse(padded).get(object) != simdjson::SUCCESS) return corrupt("it is no JSON object");
    VersionChecksum sum;
    auto bytes = Number(object, "tableSizeBytes"), files = Number(object, "numFiles");
    if (!bytes || !files) return corrupt("tableSizeBytes or numFiles is missing");
    sum.table_bytes = *bytes;
    sum.files = *files;
    std::string_view txn_id;
    if (object["txnId"].get(txn_id) == simdjson::SUCCESS) sum.txn_id = std::string(txn_id);
    sum.masked_rows = Number(object, "numDeletedRecordsOpt");
    sum.vectors = Number(object, "numDeletionVectorsOpt");
    sum.in_commit_timestamp = Number(object, "inCommitTimestampOpt");
    TARN_TRY(sum.transactions, ParseList<SetTransaction>(object, "setTransactions", "txn", origin));
    TARN_TRY(sum.domains, ParseList<DomainMetadata>(object, "domainMetadata", "domainMetadata", origin));
    simdjson::dom::element metadata, protocol;
    if (object["metadata"].get(metadata) != simdjson::SUCCESS || object["protocol"].get(protocol) != simdjson::SUCCESS) {
        return corrupt("metadata or protocol is missing");
    }
    bool found = false;
    TARN_CHECK(ParseAs("metaData", metadata, origin, [&](Action &&action) {
        if (auto *value = std::get_if<Metadata>(&action)) sum.metadata = std::move(*value), found = true;
    }));
    if (!found) return corrupt("metadata is no metadata");
    TARN_CHECK(ParseAs("protocol", protocol, origin, [&](Action &&action) {
        if (auto *value = std::get_if<Protocol>(&action)) sum.protocol = std::move(*value);
    }));
    return sum;
}

std::string Disagreement(const VersionChecksum &theirs, const VersionChecksum &ours) {
    std::string out;
    auto compare = [&](const char *name, std::optional<int64_t> there, std::optional<int64_t> here) {
        if (there && here && *there != *here) {
            out += (out.empty() ? "" : ", ") + std::string(name) + " is " + std::to_string(*here) + ", not " + std::to_string(*there);
        }
    };
    compare("numFiles", theirs.files, ours.files);
    compare("tableSizeBytes", theirs.table_bytes, ours.table_bytes);
    compare("numDeletedRecordsOpt", theirs.masked_rows, ours.masked_rows);
    compare("numDeletionVectorsOpt", theirs.vectors, ours.vectors);
    if (!SameMetadata(theirs.metadata, ours.metadata)) out += (out.empty() ? "" : ", ") + std::string("the metadata is another");
    if (!(theirs.protocol == ours.protocol)) out += (out.empty() ? "" : ", ") + std::string("the protocol is another");
    return out;
}

Result<void> WriteChecksum(storage::ObjectStore &store, const Snapshot &snapshot) {
    Log log(store, snapshot.table_root);
    TARN_CHECK(store.PutIfAbsent(ChecksumPath(log, snapshot.version), ToJson(ChecksumOf(snapshot))));
    return {};
}

std::optional<VersionChecksum> ReadChecksum(const Log &log, int64_t version) {
    std::string path = ChecksumPath(log, version);
    Result<std::string> text = log.store().Read(path);
    if (!text) return std::nullopt;
    Result<VersionChecksum> sum = ParseChecksum(*text, path);
    return sum ? std::optional(*std::move(sum)) : std::nullopt;
}

}  // namespace tarn::delta
