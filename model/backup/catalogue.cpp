// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/catalogue.h"

#include "model/backup/manifest.h"

namespace treewarden {

using namespace Qt::StringLiterals;

namespace {

// A folder is there and is no file, which is all that a store says of it.
Fact<BackupTarget::State> stateOf(ImageStore &store, const QString &path)
{
    using State = BackupTarget::State;
    const auto status = store.status(path);
    if (status)
        return State::NoFolder;
    switch (status.error().code) {
    case ErrorCode::NotFound:
        return State::Missing;
    case ErrorCode::Unsupported:
        return store.list(path) ? Fact<State>(State::Folder) : Fact<State>::unknown(store.list(path).error());
    default:
        return Fact<State>::unknown(status.error());
    }
}

Fact<BackupManifest> manifestIn(ImageStore &store, const QString &folder)
{
    const auto json = readSmall(store, folder + u'/' + BackupChain::ManifestName);
    if (!json && json.error().code == ErrorCode::NotFound)
        return Fact<BackupManifest>::absent();
    const auto manifest = json ? readManifest(*json) : failure(json.error());
    return manifest ? Fact<BackupManifest>(*manifest) : Fact<BackupManifest>::unknown(manifest.error());
}

} // namespace

Result<QByteArray> readSmall(ImageStore &store, const QString &path)
{
    constexpr Bytes Largest = 64 * MiB;
    const auto source = store.open(path);
    if (!source)
        return failure(source.error());
    const auto size = (*source)->size();
    if (!size)
        return failure(size.error());
    if (*size > Largest)
        return failure(ErrorCode::Unsupported, path, u"no small file"_s);
    return (*source)->read(0, *size);
}

BackupChain readChain(ImageStore &store, const QString &folder)
{
    BackupChain chain;
    chain.folder = folder;
    chain.manifest = manifestIn(store, folder);
    const auto paths = store.list(folder);
    if (!paths) {
        if (paths.error().code != ErrorCode::NotFound)
            chain.manifest = Fact<BackupManifest>::unknown(paths.error());
        return chain;
    }
    for (const QString &path : *paths) {
        // One that cannot be looked at is there all the same, and of no use.
        const auto status = store.status(path);
        chain.files.insert(path.section(u'/', -1), status ? status->size : 0);
    }
    return chain;
}

BackupTarget readTarget(ImageStore &store, const QString &directory, const DomainId &domain, const QString &domainName)
{
    BackupTarget target;
    target.directory = directory;
    target.state = stateOf(store, directory);
    if (target.state != Fact(BackupTarget::State::Folder))
        return target;
    const auto fileSystem = store.fileSystem(directory);
    target.free = fileSystem ? fileSystem->free : Fact<Bytes>::unknown(fileSystem.error());
    // What names a folder by itself is no name for one.
    const bool isName = domainName != "."_L1 && domainName != ".."_L1 && !domainName.contains(u'/');
    const QString machine = directory + u'/' + (isName ? domainName : domain.value);
    for (int number = 1;; ++number) {
        const QString folder = machine + u"/chain-%1"_s.arg(number, 4, 10, QChar(u'0'));
        const auto state = stateOf(store, folder);
        if (state == Fact(BackupTarget::State::Missing)) {
            target.nextChain = folder;
            return target;
        }
        if (state == Fact(BackupTarget::State::Folder))
            target.chains.push_back(readChain(store, folder));
        if (!state.isKnown()) {
            target.state = Fact<BackupTarget::State>::unknown(state.why());
            return target;
        }
    }
}

} // namespace treewarden
