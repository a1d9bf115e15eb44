// CREATE TABLE … CLONE: a table with the files of another's version, referred to (SHALLOW) or copied (DEEP).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "delta/deletion_vector.h"
#include "delta/row_ids.h"
#include "delta/schema.h"
#include "delta/table_properties.h"
#include "engine/internal/copy_into.h"
#include "engine/internal/maintenance.h"
#include "engine/internal/statements.h"
#include "storage/object_reader.h"
#include "storage/path.h"

namespace tarn::engine {
namespace {

namespace fs = std::filesystem;

struct Copy {
    std::string from, to;
};

Result<void> CopyOne(const Copy &copy) {
    TARN_TRY(storage::ObjectStore * target, storage::StoreFor(copy.to));
    if (storage::IsLocalPath(copy.from) && storage::IsLocalPath(copy.to)) {
        std::error_code failed;
        fs::create_directories(fs::path(copy.to).parent_path(), failed);
        fs::copy_file(copy.from, copy.to, fs::copy_options::overwrite_existing, failed);
        if (failed == std::errc::no_such_file_or_directory) {
            return Fail(ErrorKind::kNotFound, "DELTA_FILE_NOT_FOUND", "The file " + copy.from + " of the table that is cloned is not there.");
        }
        if (failed) return Fail(ErrorKind::kIo, "IO_ERROR", "Copying " + copy.from + " to " + copy.to + ": " + failed.message() + ".");
        return {};  // Durable together with the others.
    }
    TARN_TRY(storage::ObjectStore * source, storage::StoreFor(copy.from));
    TARN_TRY(std::string bytes, source->Read(copy.from));
    return target->Put(copy.to, bytes);
}

// Several at once, all into the table at `location`. Errors: the first failure.
Result<void> CopyAll(const std::vector<Copy> &copies, const std::string &location) {
    std::vector<Result<void>> done(copies.size());
    storage::SideBySide(copies.size(), [&](size_t i) { done[i] = CopyOne(copies[i]); });
    for (auto &result : done) TARN_CHECK(std::move(result));
    if (!storage::IsLocalPath(location) || copies.empty()) return {};
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    std::vector<std::string> paths;
    for (const Copy &copy : copies) paths.push_back(copy.to);
    return store->MakeDurable(paths, location);
}

// What the new table's log says of the source's files, and which files must be copied first.
struct ClonedFiles {
    std::vector<delta::AddFile> files;
    std::vector<Copy> copies;
    int64_t copied_files = 0, copied_bytes = 0;
};

// By absolute path: the source keeps its files.
Result<ClonedFiles> Refer(const delta::Snapshot &source) {
    TARN_CHECK(source.files.rows().LoadStats());
    ClonedFiles cloned;
    for (const delta::FilePtr &file : source.files) {
        delta::AddFile add = *file;
        // The source's own spelling of the name: Spark compares it as text.
        bool absolute = add.path.starts_with('/') || !storage::SchemeOf(add.path).empty();
        if (!absolute) add.path = storage::JoinPath(storage::PercentEncode(source.table_root), add.path);
        if (add.path.starts_with('/')) add.path = "file:" + add.path;
        if (add.deletion_vector) { TARN_TRY(add.deletion_vector, delta::AbsoluteDescriptor(source.table_root, *add.deletion_vector)); }
        add.data_change = true;
        cloned.files.push_back(std::move(add));
    }
    return cloned;
}

// What makes a copied file the same as the one there: nobody writes into a data file.
using FileMark = std::pair<int64_t, int64_t>;  // Size; modification time, which a copy's entry in the log keeps.

// A file's name within the clone: as within the source, or, of one that lies elsewhere, its own name and where it is from.
std::string NameInClone(const std::string &key, const std::string &from) {
    if (!key.starts_with('/') && storage::SchemeOf(key).empty()) return key;
    char place[20];
    std::snprintf(place, sizeof place, "%016zx-", std::hash<std::string>()(from.substr(0, from.rfind('/') + 1)));
    return place + from.substr(from.rfind('/') + 1);
}

// Under the same relative names. `existing`: what an earlier clone copied already.
Result<ClonedFiles> CopyFiles(const delta::Snapshot &source, const std::string &location, const delta::Snapshot *existing) {
    std::map<std::string, FileMark> there;
    std::set<std::string> vectors_there, vectors;
    if (existing) {
        for (const delta::FilePtr &file : existing->files) {
            there[storage::ActionPathKey(location, file->path)] = {file->size, file->modification_time};
            if (!file->deletion_vector) continue;
            TARN_TRY(auto path, delta::DeletionVectorPath(location, *file->deletion_vector));
            if (path) vectors_there.insert(*std::move(path));
        }
    }
    TARN_CHECK(source.files.rows().LoadStats());
    TARN_TRY(storage::ObjectStore * source_store, storage::StoreFor(source.table_root));
    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    ClonedFiles cloned;
    for (const delta::FilePtr &file : source.files) {
        delta::AddFile add = *file;
        add.data_change = true;
        TARN_TRY(std::string from, storage::ResolveActionPath(source.table_root, add.path));
        std::string key = storage::ActionPathKey(source.table_root, add.path);
        key = NameInClone(key, from);
        auto known = there.find(key);
        bool copied = known != there.end() && known->second == FileMark(add.size, add.modification_time);
        // A name of this version or an older one stays what it was.
        if (existing && !copied && (known != there.end() || store->Head(storage::JoinPath(location, key)))) {
            key.insert(key.rfind('/') + 1, delta::NewUuid() + "-");
        }
        add.path = storage::PercentEncode(key);
        if (!copied) {
            cloned.copies.push_back({from, storage::JoinPath(location, key)});
            cloned.copied_files++;
            cloned.copied_bytes += add.size;
        }
        if (add.deletion_vector && add.deletion_vector->storage_type == 'u') {
            TARN_TRY(auto path, delta::DeletionVectorPath(source.table_root, *add.deletion_vector));
            TARN_TRY(auto copy, delta::DeletionVectorPath(location, *add.deletion_vector));
            if (vectors.insert(*path).second && !vectors_there.contains(*copy)) cloned.copies.push_back({*path, *copy});
        } else if (add.deletion_vector && add.deletion_vector->storage_type == 'p') {
            TARN_TRY(delta::DeletionVector vector, delta::ReadDeletionVector(*source_store, source.table_root, *add.deletion_vector));
            TARN_TRY(auto written, delta::WriteDeletionVectors(*store, location, {&vector}));
            add.deletion_vector = written.at(0);
        }
        cloned.files.push_back(std::move(add));
    }
    return cloned;
}

Result<delta::NewTable> TableOf(const delta::Snapshot &source, const sql::CloneTable &statement) {
    delta::NewTable table{source.protocol, source.metadata};
    table.metadata.id = delta::NewUuid();
    table.metadata.created_time = delta::NowMs();
    // They speak of versions of the source.
    table.metadata.configuration.erase("delta.inCommitTimestampEnablementVersion");
    table.metadata.configuration.erase("delta.inCommitTimestampEnablementTimestamp");
    // A catalog decides on the source's commits, not on the clone's.
    for (auto *features : {&table.protocol.reader_features, &table.protocol.writer_features}) {
        if (*features) std::erase(**features, "catalogManaged");
    }
    TARN_TRY(delta::StringMap wanted, delta::CheckProperties({statement.properties.begin(), statement.properties.end()}));
    TARN_TRY(delta::ProtocolWish wish, delta::TakeProtocolProperties(wanted));
    for (auto &[key, value] : wanted) table.metadata.configuration[key] = value;
    TARN_TRY(table.protocol, delta::ProtocolFor(delta::RaiseProtocol(table.protocol, wish), table.metadata));
    return table;
}

// A deep clone knows the files that COPY INTO loaded, and does not load them again.
void CarryCopyMarks(const delta::Snapshot &source, const delta::Metadata &clone, delta::Transaction &transaction) {
    std::string prefix = CopyMarkPrefix(source.metadata);
    for (auto it = source.transactions.lower_bound(prefix); it != source.transactions.end() && it->first.starts_with(prefix); ++it) {
        transaction.SetApplication(CopyMark(clone, it->first.substr(prefix.size())), it->second.version);
    }
}

// The source's, in place of an existing target's; but an id that the target gave to a row is never given again.
void TakeDomains(const delta::Snapshot &source, const delta::Snapshot *target, delta::Transaction &transaction) {
    if (!target) {
        for (auto &[name, domain] : source.domains) transaction.SetDomain(domain);
        return;
    }
    ReplaceDomains(*target, source, transaction);
    auto mark = [](const delta::Snapshot &snapshot) {
        auto found = snapshot.domains.find(delta::kRowTrackingDomain);
        return found == snapshot.domains.end() ? -1 : delta::RowIdHighWaterMark(found->second.configuration);
    };
    if (mark(source) > mark(*target)) transaction.SetDomain(source.domains.at(delta::kRowTrackingDomain));
}

struct CloneTarget {
    catalog::TableEntry entry;
    std::optional<catalog::TableEntry> known;  // In the metastore.
    delta::SnapshotPtr existing;               // nullptr: there is no table yet.
    bool skip = false;                         // IF NOT EXISTS, and it does.
};

Result<CloneTarget> FindCloneTarget(SessionState &session, StatementContext &context, const sql::CloneTable &statement) {
    CloneTarget target;
    target.entry.kind = statement.location.empty() ? catalog::TableKind::kManaged : catalog::TableKind::kExternal;
    if (statement.is_path) {
        if (!statement.location.empty()) {
            return Fail(ErrorKind::kInvalidInput, "DELTA_CLONE_AMBIGUOUS_TARGET",
                        "Two paths were provided as the CLONE target so it is ambiguous which to use: " + statement.location + " and " +
                            statement.name.Last() + ".");
        }
        TARN_TRY(target.entry.location, storage::CanonicalPath(statement.name.Last()));
    } else {
        TARN_TRY(target.entry.name, context.FullName(statement.name));
        TARN_TRY(target.known, session.engine.catalog->FindTable(target.entry.name));
        target.skip = target.known && statement.if_not_exists;
        if (target.skip) return target;
        if (target.known && !statement.or_replace) return Fail(session.engine.catalog->PutTable(target.entry, false).error());
        if (target.known && target.known->IsView()) {
            return Fail(ErrorKind::kInvalidInput, "WRONG_COMMAND_FOR_OBJECT_TYPE", target.entry.name.ToQuoted() + " is a view.");
        }
        TARN_TRY(bool schema_exists, session.engine.catalog->SchemaExists(target.entry.name.catalog, target.entry.name.schema));
        if (!schema_exists) return Fail(session.engine.catalog->PutTable(target.entry, false).error());
        target.entry.location = session.engine.ManagedLocation(target.entry.name);
        if (!statement.location.empty()) { TARN_TRY(target.entry.location, storage::CanonicalPath(statement.location)); }
        if (target.known) target.entry.location = target.known->location;
    }
    auto there = session.engine.tables->Load(target.entry.location);
    if (!there && there.error().kind != ErrorKind::kNotFound) return Fail(std::move(there).error());
    if (!there) return target;
    target.existing = *there;
    if (statement.is_path && statement.if_not_exists) target.skip = true;
    if (target.skip || statement.or_replace) return target;
    return Fail(ErrorKind::kAlreadyExists, "DELTA_UNSUPPORTED_NON_EMPTY_CLONE",
                "The clone destination " + target.entry.location + " is a Delta table already. Drop it, or use CREATE OR REPLACE TABLE … CLONE.");
}

}  // namespace

Result<ResultPtr> Execute(SessionState &session, const sql::CloneTable &statement) {
    StatementContext context(session);
    if (statement.source.is_path && !EqualsIgnoreCase(statement.source.name.parts.front(), "delta")) {
        return Fail(ErrorKind::kUnsupported, "DELTA_CLONE_UNSUPPORTED_SOURCE",
                    "Unsupported clone source '" + statement.source.name.ToString() + "', whose format is " + statement.source.name.parts.front() +
                        ". Only Delta tables can be cloned; use CONVERT TO DELTA, or CREATE TABLE … AS SELECT.");
    }
    TARN_TRY(TargetTable from, context.FindTarget(statement.source.name, statement.source.is_path, false));
    TARN_TRY(delta::SnapshotPtr source, context.SnapshotOf(from.location, &statement.source));
    TARN_TRY(CloneTarget target, FindCloneTarget(session, context, statement));
    if (target.skip) return NoRows();
    const std::string &location = target.entry.location;
    if (location == from.location) {
        return Fail(ErrorKind::kInvalidInput, "DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE",
                    "You tried to REPLACE an existing table (" + from.ToString() + ") with CLONE of itself. To go back to an older version use RESTORE.");
    }
    ClonedFiles cloned;
    if (statement.shallow) { TARN_TRY(cloned, Refer(*source)); }
    else { TARN_TRY(cloned, CopyFiles(*source, location, target.existing.get())); }
    TARN_CHECK(CopyAll(cloned.copies, location));

    TARN_TRY(storage::ObjectStore * store, storage::StoreFor(location));
    TARN_TRY(delta::NewTable table, TableOf(*source, statement));
    std::unique_ptr<delta::Transaction> transaction;
    OperationMetrics metrics = {{"sourceTableSize", source->TotalSize()}, {"sourceNumOfFiles", static_cast<int64_t>(source->files.size())},
                                {"numCopiedFiles", cloned.copied_files}, {"copiedFilesSize", cloned.copied_bytes},
                                {"numRemovedFiles", 0}, {"removedFilesSize", 0}};
    std::set<std::string> kept;
    if (target.existing) {
        transaction = std::make_unique<delta::Transaction>(*store, target.existing, session.engine.tables->OptionsFor(*target.existing));
        transaction->ReadTable();
        table.metadata.id = target.existing->metadata.id;
        transaction->SetProtocol(JoinedProtocol(target.existing->protocol, table.protocol));
        transaction->SetMetadata(table.metadata);
        std::set<std::string> wanted;
        for (auto &file : cloned.files) wanted.insert(delta::FileKey(location, file.path, file.deletion_vector));
        for (const delta::FilePtr &file : target.existing->files) {
            std::string key = delta::FileKey(location, file->path, file->deletion_vector);
            if (wanted.contains(key)) {
                kept.insert(std::move(key));
                continue;
            }
            transaction->Remove(*file);
            metrics["numRemovedFiles"]++;
            metrics["removedFilesSize"] += file->size;
        }
    } else {
        transaction = std::make_unique<delta::Transaction>(*store, location, table);
    }
    TakeDomains(*source, target.existing.get(), *transaction);
    if (!statement.shallow) CarryCopyMarks(*source, table.metadata, *transaction);
    for (delta::AddFile &file : cloned.files) {
        if (!kept.contains(delta::FileKey(location, file.path, file.deletion_vector))) transaction->AddExisting(std::move(file));
    }
    OperationParameters parameters = {{"source", from.ToString()}, {"sourceVersion", std::to_string(source->version)},
                                      {"isShallow", statement.shallow ? "true" : "false"}};
    TARN_CHECK(CommitAndCheckpoint(session, *transaction, location, "CLONE", parameters, metrics));
    if (!statement.is_path) TARN_CHECK(session.engine.catalog->PutTable(target.entry, target.known.has_value()));
    return CountsResult({{"source_table_size", metrics["sourceTableSize"]},
                         {"source_num_of_files", metrics["sourceNumOfFiles"]},
                         {"num_removed_files", metrics["numRemovedFiles"]},
                         {"num_copied_files", metrics["numCopiedFiles"]},
                         {"removed_files_size", metrics["removedFilesSize"]},
                         {"copied_files_size", metrics["copiedFilesSize"]}});
}

}  // namespace tarn::engine
