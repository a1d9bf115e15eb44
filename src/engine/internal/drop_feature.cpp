#include "engine/internal/drop_feature.h"

#include <algorithm>

#include "delta/checkpoint.h"
#include "delta/row_ids.h"
#include "delta/schema.h"
#include "delta/table_properties.h"
#include "engine/internal/file_rewrite.h"
#include "engine/internal/table_change.h"

namespace tarn::engine {
namespace {

constexpr int kAttempts = 5;
constexpr int kBarriers = 3;  // Spark tries as many checkpoints as that before it replays older commits.
constexpr int64_t kRewriteBytes = 256 << 20;

struct Removable {
    std::string_view name;
    bool in_history;     // Older versions cannot be read without it.
    std::string_view trace;  // What a commit that uses it holds.
};
constexpr Removable kRemovable[] = {
    {"checkConstraints", false, ""},      {"columnMapping", true, "delta.columnMapping.physicalName"},
    {"deletionVectors", true, "\"deletionVector\":{"}, {"domainMetadata", false, ""},
    {"inCommitTimestamp", false, ""},     {"rowTracking", false, ""},
    {"typeWidening", true, "delta.typeChanges"}, {"typeWidening-preview", true, "delta.typeChanges"},
    {"v2Checkpoint", true, ""},           {"vacuumProtocolCheck", false, ""},
};

std::unexpected<Error> Refused(std::string_view condition, std::string message, std::string remedy = {}) {
    Error error = MakeError(ErrorKind::kInvalidInput, condition, std::move(message));
    error.remedy = std::move(remedy);
    return Fail(std::move(error));
}

void EraseKey(DataType &type, const std::vector<const char *> &keys) {
    for (Field &field : type.fields) {
        for (const char *key : keys) field.metadata.erase(key);
        EraseKey(field.type, keys);
    }
    for (DataType &child : type.children) EraseKey(child, keys);
}

void EraseProperty(delta::Metadata &metadata, std::string_view name) {
    std::erase_if(metadata.configuration, [&](auto &one) { return EqualsIgnoreCase(one.first, name); });
}

bool IsTypeWidening(std::string_view feature) { return feature.starts_with("typeWidening"); }

class FeatureRemoval {
public:
    FeatureRemoval(StatementContext &context, const TargetTable &target, const Removable &feature, bool truncate)
        : context_(context), session_(context.session()), target_(target), feature_(feature), truncate_(truncate) {}

    Result<void> Run() {
        TARN_TRY(store_, storage::StoreFor(target_.location));
        TARN_TRY(bool changed, RemoveTraces());
        if (feature_.in_history && truncate_) TARN_CHECK(TruncateHistory(changed));
        if (feature_.in_history && !truncate_) {
            for (int i = 0; i < kBarriers; i++) TARN_CHECK(EmptyCommitWithCheckpoint());
        }
        for (int attempt = 1;; attempt++) {
            auto done = Downgrade();
            if (done || done.error().kind != ErrorKind::kConflict || attempt == kAttempts) return done;
            TARN_CHECK(Reload());
            TARN_CHECK(RemoveTraces());
        }
    }

private:
    const delta::Metadata &metadata() const { return target_.snapshot->metadata; }

    Result<void> Reload() {
        TARN_TRY(target_.snapshot, session_.engine.tables->Load(target_.location));
        return {};
    }

    // Commits on top of the snapshot or not at all: what another writer did may have brought traces back.
    Result<delta::CommitResult> Commit(const std::function<void(delta::Transaction &)> &fill, const std::string &operation, const OperationParameters &parameters) {
        delta::TransactionOptions options = session_.engine.tables->OptionsFor(*target_.snapshot);
        options.max_attempts = 1;
        delta::Transaction transaction(*store_, target_.snapshot, options);
        fill(transaction);
        TARN_TRY(auto done, CommitAndCheckpoint(session_, transaction, target_.location, operation, parameters, {}));
        TARN_CHECK(Reload());
        return done;
    }

    Result<void> ChangeMetadata(const std::function<void(delta::Metadata &)> &change) {
        delta::Metadata after = metadata();
        change(after);
        TARN_CHECK(Commit([&](delta::Transaction &transaction) { transaction.SetMetadata(after); }, "SET TBLPROPERTIES", {{"properties", "{}"}}));
        return {};
    }

    Result<bool> SwitchOff(const char *property) {
        if (!metadata().BoolProperty(property, false)) return false;
        TARN_CHECK(ChangeMetadata([&](delta::Metadata &after) {
            EraseProperty(after, property);
            if (property == std::string_view("delta.enableInCommitTimestamps")) {
                EraseProperty(after, "delta.inCommitTimestampEnablementVersion");
                EraseProperty(after, "delta.inCommitTimestampEnablementTimestamp");
            }
        }));
        return true;
    }

    Result<bool> Rewrite(const std::vector<delta::FilePtr> &files) {
        if (files.empty()) return false;
        auto bins = PackFiles(files, kRewriteBytes, [](const delta::AddFile &) { return true; });
        TARN_CHECK(RewriteFiles(context_, target_, std::move(bins), "REORG", {{"predicate", "[]"}, {"applyPurge", "true"}}));
        TARN_CHECK(Reload());
        return true;
    }

    std::vector<delta::FilePtr> Files(const std::function<bool(const delta::AddFile &)> &wanted) const {
        std::vector<delta::FilePtr> files;
        for (const delta::FilePtr &file : target_.snapshot->files) {
            if (wanted(*file)) files.push_back(file);
        }
        return files;
    }

    // true: the table was changed, so older versions have traces for certain.
    Result<bool> RemoveTraces() {
        if (feature_.name == "checkConstraints") return CheckNoConstraints();
        if (feature_.name == "deletionVectors") {
            TARN_TRY(bool switched, SwitchOff("delta.enableDeletionVectors"));
            TARN_TRY(bool rewritten, Rewrite(Files([](const delta::AddFile &file) { return file.deletion_vector.has_value(); })));
            return switched || rewritten;
        }
        if (feature_.name == "inCommitTimestamp") return SwitchOff("delta.enableInCommitTimestamps");
        if (feature_.name == "rowTracking") return SwitchOff("delta.enableRowTracking");
        if (feature_.name == "columnMapping") return RemoveMapping();
        if (IsTypeWidening(feature_.name)) return RemoveTypeChanges();
        if (feature_.name == "v2Checkpoint") {
            const std::string *policy = metadata().Property("delta.checkpointPolicy");
            if (!policy || !EqualsIgnoreCase(*policy, "v2")) return false;
            TARN_CHECK(ChangeMetadata([](delta::Metadata &after) { EraseProperty(after, "delta.checkpointPolicy"); }));
            return true;
        }
        if (feature_.name == "domainMetadata" && !target_.snapshot->domains.empty()) {
            auto domains = target_.snapshot->domains;
            TARN_CHECK(Commit([&](delta::Transaction &transaction) {
                for (auto &[name, domain] : domains) transaction.SetDomain({name, domain.configuration, true});
            }, "REMOVE DOMAIN METADATA", {}));
            return true;
        }
        return false;
    }

    Result<bool> CheckNoConstraints() const {
        std::string names;
        for (auto &[key, text] : metadata().configuration) {
            if (ToLower(key).starts_with("delta.constraints.")) names += (names.empty() ? "" : ", ") + key.substr(18);
        }
        if (names.empty()) return false;
        return Refused("DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE", "Cannot drop the CHECK constraints table feature. The following constraints must be dropped first: " + names + ".");
    }

    Result<bool> RemoveTypeChanges() {
        TARN_TRY(bool switched, SwitchOff("delta.enableTypeWidening"));
        delta::Metadata after = metadata();
        EraseKey(after.schema, {"delta.typeChanges"});
        if (delta::SchemaToJson(after.schema) == delta::SchemaToJson(metadata().schema)) return switched;
        // Which files are older than the changes, the log does not say.
        TARN_CHECK(Rewrite(Files([](const delta::AddFile &) { return true; })));
        TARN_CHECK(ChangeMetadata([&](delta::Metadata &now) { now.schema = after.schema; }));
        return true;
    }

    // Files know mapped columns by other names: all of them are written again.
    Result<bool> RemoveMapping() {
        if (delta::ColumnMappingOf(metadata()) == delta::ColumnMapping::kNone) return false;
        for (const Field &field : metadata().schema.fields) {
            if (field.name.find_first_of(" ,;{}()\n\t=") == std::string::npos) continue;
            return Refused("DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING", "Column mapping cannot be removed when there are invalid characters in the column names: " + field.name + ".",
                           "Rename the column first.");
        }
        if (metadata().BoolProperty("delta.enableRowTracking", false)) {
            return Refused("DELTA_FEATURE_DROP_DEPENDENT_FEATURE", "Writing all files of " + target_.ToString() + " again would give its rows new ids.", "Switch delta.enableRowTracking off first.");
        }
        delta::Metadata after = metadata();
        EraseKey(after.schema, {"delta.columnMapping.id", "delta.columnMapping.physicalName", "delta.columnMapping.nested.ids"});
        after.schema_string = delta::SchemaToJson(after.schema);
        EraseProperty(after, "delta.columnMapping.mode");
        EraseProperty(after, "delta.columnMapping.maxColumnId");
        TableChange change(context_, target_);
        TARN_TRY(std::string rows, change.Scan());
        change.ReplaceMetadata(std::move(after), std::nullopt);
        change.ReadsTable();
        TARN_CHECK(change.WriteRows("SELECT * FROM " + rows));
        TARN_CHECK(change.DeleteAll());
        TARN_CHECK(change.Commit("REMOVE COLUMN MAPPING", {}, {}));
        TARN_CHECK(Reload());
        return true;
    }

    Result<void> EmptyCommitWithCheckpoint() {
        TARN_TRY(auto done, Commit([](delta::Transaction &transaction) { transaction.AllowEmpty(); }, "EMPTY COMMIT", {}));
        session_.engine.tables->RequestCheckpoint(target_.location, done.version);
        session_.engine.tables->FinishCheckpoints();
        TARN_TRY(delta::LogFiles files, delta::Log(*store_, target_.location).ListFiles());
        bool there = std::ranges::any_of(files.checkpoints, [&](const delta::Checkpoint &checkpoint) { return checkpoint.version >= done.version; });
        if (there) return {};
        return Refused("DELTA_FEATURE_DROP_CHECKPOINT_FAILED", "Dropping " + std::string(feature_.name) + " failed due to a failure in checkpoint creation.", "Run it again.");
    }

    Result<void> TruncateHistory(bool changed) {
        TARN_CHECK(EmptyCommitWithCheckpoint());
        std::string name(feature_.name);
        const std::string *set = metadata().Property("delta.dropFeatureTruncateHistory.retentionDuration");
        std::string wait = set ? *set : "interval 24 hours";
        if (changed) {
            return Refused("DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD", "Dropping " + name + " was partially successful. The feature is now no longer used in the current version of the table, "
                           "but still present in historical versions.", "Run it again when they are older than delta.dropFeatureTruncateHistory.retentionDuration (" + wait + ").");
        }
        delta::Snapshot older = *target_.snapshot;
        older.metadata.configuration["delta.logRetentionDuration"] = wait;
        older.metadata.configuration["delta.enableExpiredLogCleanup"] = "true";
        TARN_CHECK(delta::CleanUpLog(*store_, older, session_.engine.tables->io(), delta::NowMs()));
        TARN_TRY(bool there, HistoryHasTraces());
        if (!there) return {};
        return Refused("DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST", "Cannot drop " + name + " because the Delta log contains historical versions that use the feature.",
                       "Wait until they are older than delta.dropFeatureTruncateHistory.retentionDuration (" + wait + "), then run it again with TRUNCATE HISTORY.");
    }

    bool Uses(const delta::Snapshot &snapshot) const {
        if (feature_.name == "deletionVectors") return std::ranges::any_of(snapshot.files, [](const delta::FilePtr &file) { return file->deletion_vector.has_value(); });
        return snapshot.metadata.schema_string.find(feature_.trace) != std::string::npos;
    }

    Result<bool> HistoryHasTraces() {
        TARN_TRY(delta::LogFiles files, delta::Log(*store_, target_.location).ListFiles());
        if (feature_.name == "v2Checkpoint") {
            return std::ranges::any_of(files.checkpoints, [](const delta::Checkpoint &checkpoint) {
                return checkpoint.format == delta::CheckpointFormat::kV2Parquet || checkpoint.format == delta::CheckpointFormat::kV2Json;
            });
        }
        bool has = false;
        TARN_CHECK(delta::ReadCommits(delta::Log(*store_, target_.location), files.commits, [&](const delta::CommitFile &, std::string_view text) -> Result<void> {
            has |= text.find(feature_.trace) != std::string_view::npos;
            return {};
        }));
        for (const delta::Checkpoint &checkpoint : files.checkpoints) {
            if (has) break;
            TARN_TRY(auto snapshot, session_.engine.tables->Load(target_.location, checkpoint.version));
            has = Uses(*snapshot);
        }
        return has;
    }

    Result<void> Downgrade() {
        bool barrier = feature_.in_history && !truncate_;
        delta::Protocol protocol = delta::WithoutFeature(target_.snapshot->protocol, std::string(feature_.name));
        if (barrier) protocol = delta::RaiseProtocol(protocol, {{"checkpointProtection"}, 0, 0});
        delta::Metadata after = metadata();
        if (barrier) after.configuration["delta.requireCheckpointProtectionBeforeVersion"] = std::to_string(target_.snapshot->version + 1);
        bool rows = feature_.name == "rowTracking";
        if (rows) {
            EraseProperty(after, "delta.rowTracking.materializedRowIdColumnName");
            EraseProperty(after, "delta.rowTracking.materializedRowCommitVersionColumnName");
            EraseProperty(after, "delta.rowTrackingSuspended");
        }
        delta::SnapshotPtr before = target_.snapshot;
        auto fill = [&](delta::Transaction &transaction) {
            transaction.SetProtocol(protocol);
            transaction.SetMetadata(after);
            if (!rows) return;
            // Ids that are left would come again, should the table ever track rows anew.
            if (auto domain = before->domains.find(delta::kRowTrackingDomain); domain != before->domains.end()) {
                transaction.SetDomain({domain->first, domain->second.configuration, true});
            }
            for (const delta::FilePtr &file : before->files) {
                if (!file->base_row_id && !file->default_row_commit_version) continue;
                delta::AddFile bare = *file;
                bare.base_row_id.reset();
                bare.default_row_commit_version.reset();
                bare.data_change = false;
                transaction.AddExisting(std::move(bare));
            }
        };
        TARN_CHECK(Commit(fill, "DROP FEATURE", {{"featureName", std::string(feature_.name)}, {"truncateHistory", truncate_ ? "true" : "false"}}));
        if (barrier) {
            session_.engine.tables->RequestCheckpoint(target_.location, target_.snapshot->version);
            session_.engine.tables->FinishCheckpoints();
        }
        return {};
    }

    StatementContext &context_;
    SessionState &session_;
    TargetTable target_;
    const Removable &feature_;
    bool truncate_;
    storage::ObjectStore *store_ = nullptr;
};

}  // namespace

Result<void> DropFeature(StatementContext &context, const TargetTable &target, const std::string &feature, bool truncate_history) {
    std::set<std::string> features = delta::FeaturesOf(target.snapshot->protocol);
    auto removable = std::ranges::find_if(kRemovable, [&](const Removable &known) { return known.name == feature; });
    if (!features.contains(feature)) {
        if (feature.starts_with("delta.")) return Refused("DELTA_FEATURE_DROP_FEATURE_IS_DELTA_PROPERTY", "Cannot drop `" + feature + "` from this table because this is a delta table property and not a table feature.");
        return Refused("DELTA_FEATURE_DROP_FEATURE_NOT_PRESENT", "Cannot drop " + feature + " from this table because it is not currently present in the table's protocol.");
    }
    if (removable == std::end(kRemovable)) return Refused("DELTA_FEATURE_DROP_NONREMOVABLE_FEATURE", "Cannot drop " + feature + " because dropping this feature is not supported.");
    if (truncate_history && !removable->in_history) return Refused("DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED", "The particular feature does not require history truncation.");
    std::string dependents;
    for (auto &[needed, dependent] : std::initializer_list<std::pair<const char *, const char *>>{
             {"domainMetadata", "rowTracking"}, {"domainMetadata", "clustering"}, {"inCommitTimestamp", "catalogManaged"}}) {
        if (feature == needed && features.contains(dependent)) dependents += (dependents.empty() ? "" : ", ") + std::string(dependent);
    }
    if (!dependents.empty()) {
        return Refused("DELTA_FEATURE_DROP_DEPENDENT_FEATURE", "Cannot drop table feature `" + feature + "` because some other features (" + dependents + ") in this table depends on `" + feature +
                                                                   "`.", "Drop them first.");
    }
    return FeatureRemoval(context, target, *removable, truncate_history).Run();
}

}  // namespace tarn::engine
