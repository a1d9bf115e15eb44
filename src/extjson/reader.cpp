#include <algorithm>
#include <atomic>
#include <mutex>

#include "extjson/extjson.h"
#include "extjson/internal/read_walker.h"
#include "extjson/internal/settings.h"
#include "extjson/internal/splitter.h"

namespace tarn::extjson {

class Reader::Worker {
public:
    Worker(const std::vector<InputFile> &files, const DataType &schema, const ReadOptions &options,
           std::vector<bool> wanted, std::vector<size_t> output)
        : walker(files, schema, options, std::move(wanted), std::move(output)) {}

    // One that nobody holds any more, or a new one.
    std::shared_ptr<Batch> FreeBatch() {
        for (auto &batch : batches_) {
            if (batch.use_count() == 1) {
                std::atomic_thread_fence(std::memory_order_acquire);
                return batch;
            }
        }
        auto batch = std::make_shared<Batch>();
        if (batches_.size() < kKeptBatches) batches_.push_back(batch);
        return batch;
    }

    std::shared_ptr<TextBlock> FreeBlock() {
        for (auto &batch : batches_) {
            if (batch.use_count() == 1) batch->block.reset();
        }
        if (block_ && block_.use_count() == 1) {
            std::atomic_thread_fence(std::memory_order_acquire);
            if (block_->capacity <= kKeptBytes) return block_;
        }
        block_ = std::make_shared<TextBlock>();
        return block_;
    }

    ReadWalker walker;

private:
    static constexpr size_t kKeptBatches = 4;
    static constexpr size_t kKeptBytes = size_t{4} << 20;  // A larger block served one large document.
    std::vector<std::shared_ptr<Batch>> batches_;
    std::shared_ptr<TextBlock> block_;
};

class Reader::Impl {
public:
    Impl(std::vector<InputFile> files, DataType schema, ReadOptions options)
        : files(std::move(files)),
          schema(std::move(schema)),
          options(std::move(options)),
          splitter(this->files, ChunkBytes(this->options), this->options.max_document_bytes) {
        size_t fields = this->schema.fields.size();
        if (this->options.projection) {
            output = *this->options.projection;
            // Rescue must see whether a value fits, wanted or not.
            wanted.assign(fields, this->options.rescue);
            for (size_t i : output) wanted[i] = true;
        } else {
            wanted.assign(fields, true);
            for (size_t i = 0; i < fields; ++i) output.push_back(i);
        }
    }

    Result<std::shared_ptr<const ColumnBatch>> Next(Worker &worker) {
        for (;;) {
            TARN_CHECK(Failure());
            if (!worker.walker.HasBlock()) {
                auto block = worker.FreeBlock();
                auto filled = splitter.Next(*block);
                if (!filled) return Keep(std::move(filled).error());
                if (!*filled) return nullptr;
                if (auto begun = worker.walker.Begin(std::move(block)); !begun) return Keep(std::move(begun).error());
            }
            auto batch = worker.walker.Fill(worker.FreeBatch());
            if (!batch) return Keep(std::move(batch).error());
            if ((*batch)->row_count > 0) return std::move(*batch);
        }
    }

    const std::vector<InputFile> files;
    const DataType schema;
    const ReadOptions options;
    std::vector<bool> wanted;
    std::vector<size_t> output;
    Splitter splitter;

private:
    Result<void> Failure() {
        if (!failed_.load(std::memory_order_acquire)) return {};
        std::lock_guard lock(mutex_);
        return Fail(*error_);
    }

    // The first error stays.
    std::unexpected<Error> Keep(Error error) {
        std::lock_guard lock(mutex_);
        if (!error_) error_ = std::make_unique<Error>(std::move(error));
        failed_.store(true, std::memory_order_release);
        return Fail(*error_);
    }

    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::unique_ptr<Error> error_;
};

namespace {

Result<void> CheckType(const DataType &type, const std::string &name) {
    bool unsupported =
        type.kind == TypeKind::kVariant || type.kind == TypeKind::kNull || type.kind == TypeKind::kInterval;
    if (type.kind == TypeKind::kMap && type.children[0].kind != TypeKind::kString) unsupported = true;
    if (unsupported) {
        return Fail(ErrorKind::kUnsupported, "FEATURE_NOT_SUPPORTED",
                    "JSON cannot be read into the column `" + name + "` of type " + type.ToSql() +
                        ". Read it as STRING and convert it in the query.");
    }
    for (const DataType &child : type.children) TARN_CHECK(CheckType(child, name));
    for (const Field &field : type.fields) TARN_CHECK(CheckType(field.type, name + "." + field.name));
    return {};
}

}  // namespace

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

void Reader::WorkerDeleter::operator()(Worker *worker) const { delete worker; }

Result<std::unique_ptr<Reader>> Reader::Open(std::vector<InputFile> files, DataType schema, ReadOptions options) {
    TARN_CHECK(CheckOptions(options));
    auto wrong = [](const char *what) { return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", what); };
    if (schema.kind != TypeKind::kStruct) return wrong("The schema of a JSON reader must be a STRUCT.");
    for (const Field &field : schema.fields) TARN_CHECK(CheckType(field.type, field.name));
    if (options.projection) {
        for (size_t field : *options.projection) {
            if (field >= schema.fields.size()) return wrong("A projected field is not in the schema.");
        }
    }
    if (options.guessed_paths && options.projection) {
        std::set<size_t> wanted(options.projection->begin(), options.projection->end());
        if (wanted.size() < schema.fields.size()) {
            // What is not read is not checked.
            return Fail(ErrorKind::kInvalidInput, "UNKNOWN_FIELD_EXCEPTION.NEW_FIELDS_IN_FILE", "Not all columns of a guessed schema are read.");
        }
    }
    auto impl = std::make_unique<Impl>(std::move(files), std::move(schema), std::move(options));
    return std::unique_ptr<Reader>(new Reader(std::move(impl)));
}

Reader::WorkerPtr Reader::NewWorker() {
    return WorkerPtr(new Worker(impl_->files, impl_->schema, impl_->options, impl_->wanted, impl_->output));
}

Result<std::shared_ptr<const ColumnBatch>> Reader::Next(Worker &worker) { return impl_->Next(worker); }

const DataType &Reader::schema() const { return impl_->schema; }
const std::vector<InputFile> &Reader::files() const { return impl_->files; }
uint64_t Reader::bytes_read() const { return impl_->splitter.bytes_read(); }

}  // namespace tarn::extjson
