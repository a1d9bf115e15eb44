#include "engine/internal/parquet_copy.h"

#include <atomic>
#include <mutex>

#include "engine/internal/duck_error.h"
#include "engine/internal/parquet_codecs.h"
#include "parquet/footer.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/file_system.hpp"
#include "duckdb/function/copy_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "duckdb/parser/keyword_helper.hpp"

namespace tarn::engine {
namespace {

using namespace duckdb;

constexpr size_t kWorthAThread = size_t{1} << 20;  // Below it a row group of the rest of a thread's rows is too small,
constexpr size_t kWorthMemory = kWorthAThread / 8;  // unless all that a COPY holds is too much.

// What the file has for a type, without names.
parquet::Column ColumnOf(const LogicalType &type) {
    parquet::Column column;
    auto nested = [&](TypeKind kind, const char *name, const LogicalType &child) {
        column.kind = kind;
        column.children.push_back(ColumnOf(child));
        column.children.back().name = name;
    };
    switch (type.id()) {
        case LogicalTypeId::BOOLEAN: column.kind = TypeKind::kBoolean; break;
        case LogicalTypeId::TINYINT: column.kind = TypeKind::kByte; break;
        case LogicalTypeId::SMALLINT: column.kind = TypeKind::kShort; break;
        case LogicalTypeId::SQLNULL:
        case LogicalTypeId::INTEGER: column.kind = TypeKind::kInt; break;
        case LogicalTypeId::BIGINT: column.kind = TypeKind::kLong; break;
        case LogicalTypeId::FLOAT: column.kind = TypeKind::kFloat; break;
        case LogicalTypeId::DOUBLE: column.kind = TypeKind::kDouble; break;
        case LogicalTypeId::DECIMAL:
            column.kind = TypeKind::kDecimal;
            type.GetDecimalProperties(column.precision, column.scale);
            break;
        case LogicalTypeId::VARCHAR: column.kind = TypeKind::kString; break;
        case LogicalTypeId::BLOB: column.kind = TypeKind::kBinary; break;
        case LogicalTypeId::DATE: column.kind = TypeKind::kDate; break;
        case LogicalTypeId::TIMESTAMP_TZ: column.kind = TypeKind::kTimestamp; break;
        case LogicalTypeId::TIMESTAMP: column.kind = TypeKind::kTimestampNtz; break;
        case LogicalTypeId::LIST: nested(TypeKind::kArray, "element", ListType::GetChildType(type)); break;
        case LogicalTypeId::MAP:
            nested(TypeKind::kMap, "key", MapType::KeyType(type));
            nested(TypeKind::kMap, "value", MapType::ValueType(type));
            column.children[0].required = true;
            break;
        case LogicalTypeId::STRUCT:
            column.kind = TypeKind::kStruct;
            for (auto &[name, child] : StructType::GetChildTypes(type)) {
                column.children.push_back(ColumnOf(child));
                column.children.back().name = name;
            }
            break;
        default: throw NotImplementedException("Parquet files of tables have no place for the type %s.", type.ToString());
    }
    return column;
}

// Depth first; `next` is the one to take.
void TakeIds(parquet::Column &column, const std::vector<int32_t> &ids, size_t &next) {
    if (next >= ids.size()) throw InvalidInputException("FIELD_IDS: too few");
    if (ids[next] != 0) column.id = ids[next];
    next++;
    for (auto &child : column.children) TakeIds(child, ids, next);
}

struct CopyBind final : FunctionData {
    parquet::SchemaPtr schema;
    duckdb::vector<LogicalType> types;
    parquet::Codec codec;
    int64_t held_limit = 0;
    std::shared_ptr<std::atomic<int64_t>> held = std::make_shared<std::atomic<int64_t>>(0);  // Bytes in the row groups of all open files.

    unique_ptr<FunctionData> Copy() const override { return make_uniq<CopyBind>(*this); }
    bool Equals(const FunctionData &other) const override { return schema == other.Cast<CopyBind>().schema; }
};

unique_ptr<FunctionData> Bind(ClientContext &context, CopyFunctionBindInput &input, const duckdb::vector<string> &names, const duckdb::vector<LogicalType> &types) {
    auto bind = make_uniq<CopyBind>();
    std::vector<parquet::Column> columns;
    for (idx_t i = 0; i < names.size(); i++) {
        columns.push_back(ColumnOf(types[i]));
        columns.back().name = names[i];
    }
    bind->codec = *ParquetCodecOf("snappy");
    for (auto &[option, values] : input.info.options) {
        if (values.size() != 1) throw BinderException("The option %s takes one value.", option);
        if (StringUtil::CIEquals(option, "compression")) {
            auto codec = ParquetCodecOf(values[0].ToString());
            if (!codec) throw BinderException("There is no codec %s.", values[0].ToString());
            bind->codec = *codec;
        } else if (StringUtil::CIEquals(option, "field_ids")) {
            std::vector<int32_t> ids;
            for (auto &id : ListValue::GetChildren(values[0])) ids.push_back(id.GetValue<int32_t>());
            size_t next = 0;
            for (auto &column : columns) TakeIds(column, ids, next);
            if (next < ids.size()) throw InvalidInputException("FIELD_IDS: too many");
        } else {
            throw BinderException("FORMAT tarn_parquet has no option %s.", option);
        }
    }
    if (!parquet::Schema::Fits(columns)) throw NotImplementedException("Columns nested more than 63 levels deep cannot be written.");
    bind->schema = std::make_shared<const parquet::Schema>(std::move(columns));
    bind->types = types;
    bind->held_limit = static_cast<int64_t>(kParquetWriteBytes) * TaskScheduler::GetScheduler(context).NumberOfThreads();
    return bind;
}

// A vector as our encoder takes it. `formats` keeps what it points to.
parquet::Array ArrayOf(Vector &vector, idx_t count, std::vector<unique_ptr<UnifiedVectorFormat>> &formats) {
    auto type = vector.GetType().InternalType();
    bool nested = type == PhysicalType::STRUCT || type == PhysicalType::LIST;
    if (nested) vector.Flatten(count);  // So that children belong to rows, not to what a dictionary holds.
    auto &format = *formats.emplace_back(make_uniq<UnifiedVectorFormat>());
    vector.ToUnifiedFormat(count, format);
    parquet::Array array;
    array.values = format.data;
    array.validity = format.validity.AllValid() ? nullptr : format.validity.GetData();
    array.selection = format.sel->data();
    if (type == PhysicalType::STRUCT) {
        for (auto &member : StructVector::GetEntries(vector)) array.children.push_back(ArrayOf(*member, count, formats));
    } else if (type == PhysicalType::LIST) {
        idx_t size = ListVector::GetListSize(vector);
        auto &child = ListVector::GetEntry(vector);
        if (vector.GetType().id() != LogicalTypeId::MAP) {
            array.children.push_back(ArrayOf(child, size, formats));
        } else {
            array.children = ArrayOf(child, size, formats).children;
        }
    }
    return array;
}

// DuckDB prints decimals that have no place before the point without a 0 there, which is no number of JSON.
string DecimalText(const Value &value) {
    string text = value.ToString();
    size_t point = text.starts_with('-') ? 1 : 0;
    return text.substr(point).starts_with('.') ? text.insert(point, "0") : text;
}

// A bound as DuckDB prints values of the type, but for that 0.
string TextOf(const parquet::Scalar &bound, const LogicalType &type) {
    if (auto text = std::get_if<std::string>(&bound)) return *text;
    if (auto wide = std::get_if<Int128>(&bound)) {
        hugeint_t value;
        value.lower = static_cast<uint64_t>(*wide);
        value.upper = static_cast<int64_t>(*wide >> 64);
        return DecimalText(Value::DECIMAL(value, DecimalType::GetWidth(type), DecimalType::GetScale(type)));
    }
    if (auto number = std::get_if<double>(&bound)) {
        return type.id() == LogicalTypeId::FLOAT ? Value::FLOAT(static_cast<float>(*number)).ToString() : Value::DOUBLE(*number).ToString();
    }
    int64_t number = std::get<int64_t>(bound);
    switch (type.id()) {
        case LogicalTypeId::BOOLEAN: return Value::BOOLEAN(number != 0).ToString();
        case LogicalTypeId::DATE: return Value::DATE(date_t(static_cast<int32_t>(number))).ToString();
        case LogicalTypeId::TIMESTAMP_TZ: return Value::TIMESTAMPTZ(timestamp_tz_t(number)).ToString();
        case LogicalTypeId::TIMESTAMP: return Value::TIMESTAMP(timestamp_t(number)).ToString();
        case LogicalTypeId::DECIMAL: return DecimalText(Value::DECIMAL(number, DecimalType::GetWidth(type), DecimalType::GetScale(type)));
        default: return Value::BIGINT(number).ToString();
    }
}

class CopyFile final : public GlobalFunctionData {
public:
    CopyFile(ClientContext &context, CopyBind &bind, const string &path) : bind_(bind), footer_(bind.schema) {
        handle_ = FileSystem::GetFileSystem(context).OpenFile(path, FileFlags::FILE_FLAGS_WRITE | FileFlags::FILE_FLAGS_FILE_CREATE_NEW);
    }

    void Append(DataChunk &chunk) {
        std::vector<unique_ptr<UnifiedVectorFormat>> formats;
        std::vector<parquet::Array> arrays;
        for (auto &vector : chunk.data) arrays.push_back(ArrayOf(vector, chunk.size(), formats));
        auto writer = Borrow();
        size_t before = writer->bytes();
        if (auto added = writer->Append(arrays, chunk.size()); !added) ThrowThroughDuckDB(added.error());
        auto more = static_cast<int64_t>(writer->bytes()) - static_cast<int64_t>(before);
        size_ += more;
        *bind_.held += more;
        if (writer->rows() >= parquet::kRowGroupRows || writer->bytes() >= kParquetWriteBytes) {
            Flush(*writer);
            writer->Reset();
        }
        Return(std::move(writer));
    }

    // A thread has no more rows, or none for now: what one row group holds is compressed here, beside the other threads. Its memory goes, since
    // a COPY into partitions has a hundred files open.
    void Combine() {
        auto writer = Idle();
        if (!writer) return;
        size_t worth = *bind_.held > bind_.held_limit ? kWorthMemory : kWorthAThread;
        if (writer->rows() > 0 && writer->bytes() >= worth) Flush(*writer);
        else Return(std::move(writer));
    }

    void Finalize() {
        for (; auto writer = Idle();) {
            if (writer->rows() > 0) Flush(*writer);
        }
        Begin();
        std::string footer = footer_.Bytes();
        Write(footer.data(), footer.size());
        handle_->Close();
        if (statistics_) Fill(*statistics_);
    }

    void ReportTo(CopyFunctionFileStatistics &statistics) { statistics_ = &statistics; }
    bool LargerThan(idx_t bytes) const { return size_ >= static_cast<int64_t>(bytes); }

private:
    // A row group that nobody appends to: the one that was used last, so that there are as few as threads at a time. nullptr: there is none.
    unique_ptr<parquet::RowGroupWriter> Idle() {
        std::lock_guard lock(writers_mutex_);
        if (writers_.empty()) return nullptr;
        auto writer = std::move(writers_.back());
        writers_.pop_back();
        return writer;
    }
    unique_ptr<parquet::RowGroupWriter> Borrow() {
        auto writer = Idle();
        return writer ? std::move(writer) : make_uniq<parquet::RowGroupWriter>(bind_.schema, bind_.codec);
    }
    void Return(unique_ptr<parquet::RowGroupWriter> writer) {
        std::lock_guard lock(writers_mutex_);
        writers_.push_back(std::move(writer));
    }

    void Flush(parquet::RowGroupWriter &writer) {
        auto held = static_cast<int64_t>(writer.bytes());
        auto chunks = writer.Finish();
        int64_t bytes = 0;
        for (auto &chunk : chunks) bytes += static_cast<int64_t>(chunk.bytes());
        size_ += bytes - held;
        *bind_.held -= held;
        std::lock_guard lock(file_mutex_);
        Begin();
        uint64_t offset = written_;
        for (auto &chunk : chunks) {
            Write(chunk.dictionary.data(), chunk.dictionary.size());
            Write(chunk.pages.data(), chunk.pages.size());
        }
        footer_.Add(chunks, writer.rows(), offset);
    }

    void Begin() {
        if (written_ == 0) Write(parquet::kMagic.data(), parquet::kMagic.size());
    }
    void Write(const void *bytes, size_t size) {
        if (size == 0) return;
        handle_->Write(const_cast<void *>(bytes), size);
        written_ += size;
    }

    void Fill(CopyFunctionFileStatistics &statistics) {
        statistics.row_count = static_cast<idx_t>(footer_.rows());
        statistics.file_size_bytes = written_;
        auto &leaves = bind_.schema->leaves();
        size_t next = 0;
        for (idx_t i = 0; i < bind_.types.size(); i++) FillColumn(statistics, bind_.types[i], leaves, next);
    }

    // The leaves of a column have its types in the same order.
    void FillColumn(CopyFunctionFileStatistics &statistics, const LogicalType &type, const std::vector<parquet::Leaf> &leaves, size_t &next) {
        if (type.id() == LogicalTypeId::STRUCT) {
            for (auto &[name, child] : StructType::GetChildTypes(type)) FillColumn(statistics, child, leaves, next);
        } else if (type.id() == LogicalTypeId::MAP) {
            FillColumn(statistics, MapType::KeyType(type), leaves, next);
            FillColumn(statistics, MapType::ValueType(type), leaves, next);
        } else if (type.id() == LogicalTypeId::LIST) {
            FillColumn(statistics, ListType::GetChildType(type), leaves, next);
        } else {
            const parquet::Leaf &leaf = leaves[next];
            const parquet::Range &range = footer_.ranges()[next++];
            if (leaf.max_repetition > 0) return;
            string name;
            for (auto &part : leaf.path) name += (name.empty() ? "" : ".") + KeywordHelper::WriteQuoted(part, '"');
            auto &column = statistics.column_statistics[name];
            column["null_count"] = Value(std::to_string(range.nulls));
            if (range.has_nan) column["has_nan"] = Value("true");
            if (!range.set || type.id() == LogicalTypeId::BLOB) return;
            column["min"] = Value(TextOf(range.min, type));
            column["max"] = Value(TextOf(range.max, type));
        }
    }

    CopyBind &bind_;
    unique_ptr<FileHandle> handle_;
    std::mutex file_mutex_;  // The file, its length and its footer.
    parquet::Footer footer_;
    uint64_t written_ = 0;
    std::atomic<int64_t> size_{0};  // Of the row groups: those that are written and those that are held.
    std::mutex writers_mutex_;
    std::vector<unique_ptr<parquet::RowGroupWriter>> writers_;
    CopyFunctionFileStatistics *statistics_ = nullptr;
};

CopyFunction Function() {
    CopyFunction function("tarn_parquet");
    function.extension = "parquet";
    function.copy_to_bind = Bind;
    function.copy_to_initialize_global = [](ClientContext &context, FunctionData &bind, const string &path) -> unique_ptr<GlobalFunctionData> {
        return make_uniq<CopyFile>(context, bind.Cast<CopyBind>(), path);
    };
    function.copy_to_initialize_local = [](ExecutionContext &, FunctionData &) { return make_uniq<LocalFunctionData>(); };
    function.copy_to_sink = [](ExecutionContext &, FunctionData &, GlobalFunctionData &file, LocalFunctionData &, DataChunk &chunk) {
        file.Cast<CopyFile>().Append(chunk);
    };
    function.copy_to_combine = [](ExecutionContext &, FunctionData &, GlobalFunctionData &file, LocalFunctionData &) { file.Cast<CopyFile>().Combine(); };
    function.copy_to_finalize = [](ClientContext &, FunctionData &, GlobalFunctionData &file) { file.Cast<CopyFile>().Finalize(); };
    function.copy_to_get_written_statistics = [](ClientContext &, FunctionData &, GlobalFunctionData &file, CopyFunctionFileStatistics &statistics) {
        file.Cast<CopyFile>().ReportTo(statistics);
    };
    function.execution_mode = [](bool preserve_insertion_order, bool) {
        return preserve_insertion_order ? CopyFunctionExecutionMode::REGULAR_COPY_TO_FILE : CopyFunctionExecutionMode::PARALLEL_COPY_TO_FILE;
    };
    function.rotate_files = [](FunctionData &, const optional_idx &file_size_bytes) { return file_size_bytes.IsValid(); };
    function.rotate_next_file = [](GlobalFunctionData &file, FunctionData &, const optional_idx &file_size_bytes) {
        return file_size_bytes.IsValid() && file.Cast<CopyFile>().LargerThan(file_size_bytes.GetIndex());
    };
    return function;
}

}  // namespace

void RegisterParquetCopy(DatabaseInstance &db) { ExtensionLoader(db, "tarn").RegisterFunction(Function()); }

}  // namespace tarn::engine
