#include "engine/internal/schema_guess.h"

#include <algorithm>

#include "storage/object_reader.h"
#include "storage/object_store.h"

namespace tarn::engine {
namespace {

constexpr int64_t kWorthwhile = int64_t{8} << 20;
constexpr int64_t kSample = int64_t{2} << 20;
constexpr size_t kMostFiles = 16;
constexpr size_t kPieces = 8;  // Of a file. Fields come and go over the years that an export spans.

struct Piece {
    const JsonFile *file;
    int64_t begin, length;
    Result<std::string> text = std::string();
};

std::vector<Piece> PiecesOf(const std::vector<JsonFile> &files) {
    std::vector<Piece> pieces;
    size_t count = std::min(files.size(), kMostFiles);
    for (size_t i = 0; i < count; i++) {
        const JsonFile &file = files[count == 1 ? 0 : i * (files.size() - 1) / (count - 1)];
        int64_t share = kSample / static_cast<int64_t>(count), length = share / static_cast<int64_t>(kPieces);
        if (file.size <= share) {
            pieces.push_back({&file, 0, file.size});
            continue;
        }
        for (size_t k = 0; k < kPieces; k++) {
            pieces.push_back({&file, (file.size - length) / static_cast<int64_t>(kPieces - 1) * static_cast<int64_t>(k), length});
        }
        pieces.back().begin = file.size - length;
    }
    return pieces;
}

std::string_view Trimmed(std::string_view line, std::string_view begin, std::string_view end) {
    size_t first = line.find_first_not_of(begin);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(end) + 1 - first);
}

// The documents of a piece, a line each. False: they are not.
bool AddDocuments(const Piece &piece, std::string &documents) {
    std::string_view text = *piece.text;
    if (piece.begin > 0) text.remove_prefix(std::min(text.size(), text.find('\n')));
    if (piece.begin + piece.length < piece.file->size) text = text.substr(0, text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n'));
    while (!text.empty()) {
        size_t end = std::min(text.size(), text.find('\n'));
        std::string_view line = Trimmed(text.substr(0, end), " \t\r[,", " \t\r],");
        text.remove_prefix(std::min(text.size(), end + 1));
        if (line.empty()) continue;
        if (!line.starts_with('{') || !line.ends_with('}')) return false;
        documents.append(line).push_back('\n');
    }
    return true;
}

class TextSource final : public extjson::ByteSource {
public:
    explicit TextSource(std::shared_ptr<const std::string> text) : text_(std::move(text)) {}
    Result<size_t> Read(char *buffer, size_t size) override {
        size_t count = text_->copy(buffer, size, position_);
        position_ += count;
        return count;
    }

private:
    std::shared_ptr<const std::string> text_;
    size_t position_ = 0;
};

bool ReadsWhole(const extjson::InputFile &sample, const SchemaGuess &guess, extjson::ReadOptions options) {
    options.known_fields_only = true;
    options.guessed_paths = guess.paths;
    auto reader = extjson::Reader::Open({sample}, guess.schema, options);
    if (!reader) return false;
    auto worker = (*reader)->NewWorker();
    for (;;) {
        auto batch = (*reader)->Next(*worker);
        if (!batch || !*batch) return batch.has_value();
    }
}

}  // namespace

std::optional<SchemaGuess> GuessSchema(const std::vector<JsonFile> &files, const extjson::ReadOptions &options) {
    int64_t bytes = 0;
    for (const JsonFile &file : files) {
        if (file.path.ends_with(".gz") || file.path.ends_with(".zst")) return std::nullopt;
        bytes += file.size;
    }
    if (bytes < kWorthwhile) return std::nullopt;
    auto store = storage::StoreFor(files.front().path);
    if (!store) return std::nullopt;
    std::vector<Piece> pieces = PiecesOf(files);
    auto fetch = [&](size_t i) {
        pieces[i].text = (*store)->ReadRange(pieces[i].file->path, static_cast<uint64_t>(pieces[i].begin), static_cast<uint64_t>(pieces[i].length));
    };
    if (!storage::IsLocalPath(files.front().path)) storage::SideBySide(pieces.size(), fetch);
    else for (size_t i = 0; i < pieces.size(); i++) fetch(i);

    auto documents = std::make_shared<std::string>();
    for (const Piece &piece : pieces) {
        if (!piece.text || !AddDocuments(piece, *documents)) return std::nullopt;
    }
    extjson::InputFile sample{files.front().path, [documents]() -> Result<std::unique_ptr<extjson::ByteSource>> {
                                  return std::make_unique<TextSource>(documents);
                              }};
    auto paths = std::make_shared<extjson::SchemaPaths>();
    auto schema = extjson::InferSchema({sample}, options, paths.get());
    if (!schema || schema->fields.empty()) return std::nullopt;
    SchemaGuess guess{*std::move(schema), std::move(paths)};
    if (!ReadsWhole(sample, guess, options)) return std::nullopt;
    return guess;
}

}  // namespace tarn::engine
