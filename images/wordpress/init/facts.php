<?php
// What can be counted of the site, as JSON: the proof of an import asks for it. It reads tables and files, and runs none
// of the site's code, so that it also answers of a site that is broken.

declare(strict_types=1);

namespace Varvol;

use mysqli;

const UPLOADS = '/srv/wordpress/wp-content/uploads';
const SAMPLE = 3;
const NAMED_FILES = 200;

require __DIR__ . '/database.php';

function note(string $message): void
{
    fwrite(STDERR, "$message\n");
}

/** @return array<string, int> */
function kinds(mysqli $database, string $prefix): array
{
    $counts = [];
    foreach (['posts' => 'post', 'pages' => 'page', 'media' => 'attachment'] as $name => $type) {
        $counts[$name] = (int) $database->execute_query(
            "SELECT COUNT(*) FROM `{$prefix}posts` WHERE post_type = ? AND post_status NOT IN ('auto-draft', 'trash')",
            [$type],
        )->fetch_row()[0];
    }
    return $counts;
}

function newest(mysqli $database, string $prefix, string $type): ?int
{
    $found = $database->execute_query(
        "SELECT ID FROM `{$prefix}posts` WHERE post_type = ? AND post_status = 'publish' AND post_password = ''
         ORDER BY post_date DESC, ID DESC LIMIT 1",
        [$type],
    )->fetch_row();
    return $found ? (int) $found[0] : null;
}

/** @return array{attachments: list<string>, missing: int, missingFirst: list<string>} below the uploads, the newest first */
function attachments(mysqli $database, string $prefix): array
{
    $found = ['attachments' => [], 'missing' => 0, 'missingFirst' => []];
    $files = $database->query("SELECT m.meta_value FROM `{$prefix}posts` p JOIN `{$prefix}postmeta` m ON m.post_id = p.ID
        WHERE p.post_type = 'attachment' AND p.post_status <> 'trash' AND m.meta_key = '_wp_attached_file' ORDER BY p.ID DESC");
    foreach ($files as ['meta_value' => $file]) {
        // What a plugin keeps elsewhere has an address of its own.
        if ((string) $file === '' || preg_match('~^[a-z0-9]+://|^/|(?:^|/)\.\.(?:/|$)~i', $file)) {
            continue;
        }
        if (is_file(UPLOADS . "/$file")) {
            if (count($found['attachments']) < SAMPLE) {
                $found['attachments'][] = $file;
            }
        } elseif (++$found['missing'] <= NAMED_FILES) {
            $found['missingFirst'][] = $file;
        }
    }
    return $found;
}

$database = connect(10);
$prefix = trim((string) file_get_contents('/tmp/table-prefix'));
echo json_encode([
    'title' => html_entity_decode((string) option($database, $prefix, 'blogname'), ENT_QUOTES),
    'language' => option($database, $prefix, 'WPLANG') ?: 'en_US',
    ...kinds($database, $prefix),
    'users' => (int) $database->query("SELECT COUNT(*) FROM `{$prefix}users`")->fetch_row()[0],
    'prefix' => $prefix,
    'newestPost' => newest($database, $prefix, 'post'),
    'newestPage' => newest($database, $prefix, 'page'),
    ...attachments($database, $prefix),
], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
