// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/backup/catalogue.h"

#include "model/backup/manifest.h"

#include <map>

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
    case ErrorCode::NotAnImage:
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

BackupTarget readVolumeTarget(ImageStore &store, const QString &url, const QString &folder)
{
    using State = BackupTarget::State;
    BackupTarget target;
    target.directory = url;
    target.isVolume = true;
    target.state = stateOf(store, folder);
    target.nextChain = folder;
    if (target.state == Fact(State::Folder))
        target.chains.push_back(readChain(store, folder));
    else if (target.state == Fact(State::Missing))
        target.state = State::Folder; // it is made with the first backup
    return target;
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
    const auto name
        = [&machine](int number) { return QString(machine + u"/chain-%1"_s.arg(number, 4, 10, QChar(u'0'))); };
    const auto folders = store.folders(machine);
    if (!folders && folders.error().code != ErrorCode::NotFound)
        target.state = Fact<BackupTarget::State>::unknown(folders.error());
    // Somebody may have removed older ones, or have other things there.
    std::map<int, QString> chains;
    for (const QString &folder : folders ? *folders : QStringList()) {
        const int number = folder.section(u"/chain-"_s, -1).toInt();
        if (number > 0 && folder == name(number))
            chains.emplace(number, folder);
    }
    for (const auto &[number, folder] : chains)
        target.chains.push_back(readChain(store, folder));
    target.nextChain = name(chains.empty() ? 1 : chains.rbegin()->first + 1);
    return target;
}

} // namespace treewarden
