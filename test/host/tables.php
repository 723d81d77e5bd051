<?php
// Proves the replacement in tables as strangers make them: each kind of key, and what refuses. Run in the php image,
// beside a database of its own.

declare(strict_types=1);

namespace Varvol;

use mysqli;

foreach (['database', 'install', 'serialised', 'urls', 'columns', 'rows', 'replace', 'address', 'charset'] as $file) {
    require "/usr/lib/varvol/init/$file.php";
}

$notes = [];

function note(string $message): void
{
    $GLOBALS['notes'][] = $message;
}

function check(mixed $expected, mixed $actual, string $what): void
{
    if ($expected !== $actual) {
        echo "$what\nexpected: " . json_encode($expected) . "\nactual:   " . json_encode($actual) . "\n"
            . implode("\n", array_slice($GLOBALS['notes'], -20)) . "\n";
        exit(1);
    }
}

const OLD = 'https://alt.example';
const NEW_URL = 'https://neu-laden.example';

$database = connect(30);
$one = static fn (string $query): mixed => $database->query($query)->fetch_row()[0] ?? null;
$run = static function (string ...$statements) use ($database): void {
    foreach ($statements as $statement) {
        $database->query($statement);
    }
};
$fill = static fn (string $table, string $values, int $count): string
    => "INSERT INTO $table SELECT $values FROM seq_1_to_$count";
$url = "CONCAT('" . OLD . "/', seq)";

$run(
    "CREATE TABLE wp_options (option_id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, option_name VARCHAR(191) UNIQUE, option_value LONGTEXT) CHARSET=utf8mb4",
    "INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', '" . OLD . "'), ('home', '" . OLD . "')",
    // Keys of all kinds.
    "CREATE TABLE wp_none (a TEXT, n INT) CHARSET=utf8mb4", $fill('wp_none', "$url, seq", 20000),
    "CREATE TABLE wp_fat (a MEDIUMTEXT) CHARSET=utf8mb4", $fill('wp_fat', "CONCAT($url, REPEAT('x', 5000))", 1000),
    "CREATE TABLE wp_two (a INT, b VARCHAR(20), v TEXT, PRIMARY KEY (a, b)) CHARSET=utf8mb4", $fill('wp_two', "seq DIV 2, seq, $url", 4000),
    "CREATE TABLE wp_enum (k ENUM('z', 'b', 'a'), n INT, v TEXT, PRIMARY KEY (k, n))", $fill('wp_enum', "1 + seq % 3, seq, $url", 200),
    "CREATE TABLE wp_set (k SET('z', 'b'), n INT, v TEXT, PRIMARY KEY (k, n))", $fill('wp_set', "seq % 4, seq, $url", 200),
    "CREATE TABLE wp_float (k FLOAT PRIMARY KEY, v TEXT)", $fill('wp_float', "seq / 7, $url", 200),
    "CREATE TABLE wp_bit (k BIT(16) PRIMARY KEY, v TEXT)", $fill('wp_bit', "seq, $url", 200),
    "CREATE TABLE wp_date (k DATETIME(6) PRIMARY KEY, v TEXT)", $fill('wp_date', "'2024-01-01' + INTERVAL seq SECOND, $url", 200),
    "CREATE TABLE wp_text (k VARCHAR(190) CHARACTER SET latin1 PRIMARY KEY, v TEXT CHARACTER SET utf8mb4)", $fill('wp_text', "CONCAT('ä', seq), $url", 200),
    "CREATE TABLE wp_unique (a TEXT, id INT NOT NULL UNIQUE)", $fill('wp_unique', "$url, seq", 200),
    "CREATE TABLE wp_my (a TEXT) ENGINE=MyISAM", $fill('wp_my', $url, 200),
    "CREATE TABLE wp_aria (a TEXT, k VARCHAR(9) PRIMARY KEY) ENGINE=Aria", $fill('wp_aria', "$url, seq", 200),
    // Names.
    "CREATE TABLE `wp_a``b` (`k``` INT PRIMARY KEY, `v``w` TEXT)", $fill('`wp_a``b`', "seq, $url", 20),
    "CREATE TABLE `wp_c``d` (`v``w` TEXT)", $fill('`wp_c``d`', $url, 20),
    // What refuses.
    "CREATE TABLE wp_signal (id INT PRIMARY KEY, v TEXT)", $fill('wp_signal', "seq, $url", 20),
    "CREATE TRIGGER no_change BEFORE UPDATE ON wp_signal FOR EACH ROW BEGIN IF NEW.id = 7 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF; END",
    "CREATE TABLE wp_signal2 (id INT, v TEXT)", $fill('wp_signal2', "seq, $url", 200),
    "CREATE TRIGGER no_change2 BEFORE UPDATE ON wp_signal2 FOR EACH ROW BEGIN IF NEW.id = 7 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF; END",
    "CREATE TABLE wp_parent (u VARCHAR(100) PRIMARY KEY) CHARSET=utf8mb4", "INSERT INTO wp_parent VALUES ('" . OLD . "/p'), ('" . OLD . "/q')",
    "CREATE TABLE wp_child (id INT PRIMARY KEY, u VARCHAR(100), FOREIGN KEY (u) REFERENCES wp_parent (u)) CHARSET=utf8mb4", "INSERT INTO wp_child VALUES (1, '" . OLD . "/p')",
    "CREATE TABLE wp_check (id INT PRIMARY KEY, v VARCHAR(99), t TEXT, CHECK (v LIKE 'https://alt%'))", "INSERT INTO wp_check VALUES (1, '" . OLD . "', '" . OLD . "/t')",
    "CREATE TABLE wp_guid (id INT PRIMARY KEY, guid VARCHAR(25), content TEXT, u VARCHAR(99) UNIQUE)",
    "INSERT INTO wp_guid VALUES (1, '" . OLD . "/?p=1', '" . OLD . "/c', '" . OLD . "/u'), (2, 'x', 'y', '" . NEW_URL . "/u')",
    // What stays.
    "CREATE TABLE wp_blob (id INT PRIMARY KEY, b LONGBLOB, j JSON)",
    "CREATE TABLE wp_time (id INT PRIMARY KEY, v TEXT, t TIMESTAMP DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)", "INSERT INTO wp_time (id, v) VALUES (1, '" . OLD . "')",
    "CREATE TABLE wp_time2 (v TEXT, t TIMESTAMP DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)", "INSERT INTO wp_time2 (v) VALUES ('" . OLD . "')",
    "CREATE TABLE wp_made (id INT PRIMARY KEY, v TEXT, g TEXT AS (CONCAT(v, '!')) STORED)", "INSERT INTO wp_made (id, v) VALUES (1, '" . OLD . "')",
    "CREATE TABLE wp_large (id INT PRIMARY KEY, v LONGTEXT)", $fill('wp_large', "seq, CONCAT($url, REPEAT('lorem ', 1300000))", 20),
    "CREATE TABLE wp_packet (id INT PRIMARY KEY, v LONGTEXT, w TEXT)", "INSERT INTO wp_packet VALUES (1, REPEAT('" . OLD . " ', 800000), '" . OLD . "/w')",
    "CREATE TABLE old_options (option_id INT PRIMARY KEY, option_name VARCHAR(99), option_value TEXT)", "INSERT INTO old_options VALUES (1, 'siteurl', '" . OLD . "')",
    "CREATE TABLE statistics (page TEXT)", "INSERT INTO statistics VALUES ('" . OLD . "/s')",
);
$png = "\x89PNG\r\n\x1a\n\0\xff" . OLD . "/\xfe";
$database->execute_query('INSERT INTO wp_blob VALUES (1, ?, ?), (2, ?, ?)', [
    $png, '{"u":"HTTPS:\/\/ALT.EXAMPLE\/x"}', 'HTTPS://ALT.EXAMPLE/y', '{}',
]);
$arguments = [OLD . '/feed', 5];
$cron = static fn (array $arguments): string
    => serialize([1714557600 => ['fetch' => [md5(serialize($arguments)) => ['schedule' => false, 'args' => $arguments]]], 'version' => 2]);
$database->execute_query("INSERT INTO wp_options (option_name, option_value) VALUES ('cron', ?)", [$cron($arguments)]);

$start = hrtime(true);
replace_site_url($database, 'wp_', ['old_'], NEW_URL);
$seconds = (hrtime(true) - $start) / 1e9;
$peak = memory_get_peak_usage() >> 20;

foreach (['none' => ['a', 20000], 'fat' => ['a', 1000], 'two' => ['v', 4000], 'enum' => ['v', 200], 'set' => ['v', 200],
    'float' => ['v', 200], 'bit' => ['v', 200], 'date' => ['v', 200], 'text' => ['v', 200], 'unique' => ['a', 200],
    'my' => ['a', 200], 'aria' => ['a', 200], 'a``b' => ['v``w', 20], 'c``d' => ['v``w', 20], 'signal' => ['v', 19],
    'signal2' => ['v', 199], 'parent' => ['u', 1], 'child' => ['u', 0], 'large' => ['v', 20], 'time' => ['v', 1], 'time2' => ['v', 1],
    'made' => ['g', 1]] as $table => [$column, $count]) {
    check((string) $count, $one("SELECT COUNT(*) FROM `wp_$table` WHERE `$column` LIKE '" . NEW_URL . "%'"), "wp_$table");
}
check([OLD, NEW_URL . '/t'], $database->query('SELECT v, t FROM wp_check')->fetch_row(), 'a CHECK');
check([OLD . '/?p=1', NEW_URL . '/c', OLD . '/u'], $database->query('SELECT guid, content, u FROM wp_guid WHERE id = 1')->fetch_row(), 'a GUID that is too long');
check([$png, '{"u":"https:\/\/neu-laden.example\/x"}'], $database->query('SELECT b, j FROM wp_blob WHERE id = 1')->fetch_row(), 'a picture');
check(NEW_URL . '/y', $one('SELECT b FROM wp_blob WHERE id = 2'), 'capitals in a blob');
check('2020-01-01 00:00:00', $one('SELECT t FROM wp_time'), 'a time that is set at changes');
check('2020-01-01 00:00:00', $one('SELECT t FROM wp_time2'), 'a time that is set at changes, without a key');
check([OLD . ' ', NEW_URL . '/w'], $database->query('SELECT LEFT(v, 20), w FROM wp_packet')->fetch_row(), 'a row that outgrows the packet');
check(OLD, $one('SELECT option_value FROM old_options'), 'another WordPress');
check(NEW_URL . '/s', $one('SELECT page FROM statistics'), 'a table without the prefix');
check($cron([NEW_URL . '/feed', 5]), $one("SELECT option_value FROM wp_options WHERE option_name = 'cron'"), 'cron');
check(NEW_URL, $one("SELECT option_value FROM wp_options WHERE option_name = 'home'"), 'home');
$said = implode("\n", $notes);
foreach (['wp_signal, `id` = 7', 'wp_signal2, a value of `v`', 'wp_child', 'wp_check', 'wp_guid', 'wp_packet'] as $name) {
    check(true, str_contains($said, "left $name"), "$name is not named");
}

// Another address of a site that is visited meanwhile.
$address = static function (string $host): void {
    putenv("WORDPRESS_URL=https://$host");
    putenv("WORDPRESS_HOSTS=$host $host:80 $host:443");
};
$address('neu-laden.example');
check([[], []], [hosts_gone($database, 'wp_'), noted_hosts($database, 'wp_')], 'nothing is due');
putenv('WORDPRESS_BEFORE=https://sooner.example:8443 sooner.example sooner.example:80');
check(['sooner.example:8443', 'sooner.example'], hosts_gone($database, 'wp_'), 'what ran before');
putenv('WORDPRESS_BEFORE');
$run("UPDATE wp_options SET option_value = 'https://theirs.example' WHERE option_name = 'siteurl'");
check([], hosts_before($database, 'wp_'), 'options that disagree');
note_hosts($database, 'wp_', hosts_now());
$address('third.example:8443');
check(['neu-laden.example'], hosts_gone($database, 'wp_'), 'another address');
$run('SET innodb_lock_wait_timeout = 1', 'CREATE TABLE wp_aaa (id INT PRIMARY KEY, v TEXT)',
    $fill('wp_aaa', "seq, '" . NEW_URL . "/before'", 200));
$visitor = connect(10);
$held = connect(10);
// One writes a row while it is looked at; another holds one for longer than the server waits.
$visitor->query("BEGIN NOT ATOMIC START TRANSACTION; UPDATE wp_aaa SET v = '" . NEW_URL . "/meanwhile'; DO SLEEP(1.5); COMMIT; END", MYSQLI_ASYNC);
$held->query('SET wait_timeout = 2');
$held->begin_transaction();
$held->query('UPDATE wp_unique SET id = 9999 WHERE id = 7');
usleep(200_000);
$notes = [];
move_here($database, 'wp_', ['old_']);
check('200', $one("SELECT COUNT(*) FROM wp_aaa WHERE v = 'https://third.example:8443/meanwhile'"), 'what was written meanwhile');
check('200', $one("SELECT COUNT(*) FROM wp_unique WHERE a LIKE 'https://third.example:8443/%'"), 'a row that was held');
check([], preg_grep('~left wp_(?:aaa|unique)~', $notes), 'rows of a visited site');
check(['https://third.example:8443', 'https://theirs.example'], [option($database, 'wp_', 'home'), option($database, 'wp_', 'siteurl')], 'an option of the owner');
check(true, str_contains(implode("\n", $notes), 'left the option siteurl, https://theirs.example'), 'it is named');
check([], hosts_gone($database, 'wp_'), 'done');
// Cut off halfway on the way to a fourth, and the stack file is put back: both are undone.
note_hosts($database, 'wp_', ['third.example:8443', 'fourth.example']);
$run("UPDATE wp_unique SET a = REPLACE(a, 'third.example:8443', 'fourth.example') WHERE id < 100");
check(['fourth.example'], hosts_gone($database, 'wp_'), 'cut off');
move_here($database, 'wp_', ['old_']);
check('200', $one("SELECT COUNT(*) FROM wp_unique WHERE a LIKE 'https://third.example:8443/%'"), 'put back');

// Columns of another character set, with UTF-8 in them and without.
$mojibake = mb_convert_encoding('Gärtnerei Müller – „Grüße“', 'UTF-8', 'Windows-1252');
foreach (['mo' => true, 'ok' => false] as $prefix => $misread) {
    $run("CREATE TABLE {$prefix}_options (option_id INT PRIMARY KEY, option_value VARCHAR(200), KEY (option_value)) ENGINE=MyISAM CHARSET=latin1");
    $texts = $misread ? [$mojibake, mb_convert_encoding('日本', 'UTF-8', 'Windows-1252'), 'plain'] : ['Größe', 'Ã¤ as an example', 'naïve'];
    foreach ($texts as $i => $text) {
        $database->execute_query("INSERT INTO {$prefix}_options VALUES (?, ?)", [$i, $text]);
    }
    read_as_meant($database, "{$prefix}_");
    $expected = $misread ? ['Gärtnerei Müller – „Grüße“', '日本', 'plain'] : $texts;
    check($expected, array_column($database->query("SELECT option_value FROM {$prefix}_options ORDER BY option_id")->fetch_all(), 0), "{$prefix}_");
}

// A table prefix in capitals that a server made small.
$run("CREATE TABLE shop_options (option_id INT PRIMARY KEY, option_name VARCHAR(191) UNIQUE, option_value TEXT)",
    "CREATE TABLE shop_usermeta (umeta_id INT PRIMARY KEY, meta_key VARCHAR(255))",
    "INSERT INTO shop_options VALUES (1, 'Shop_user_roles', 'r'), (2, 'Shop_of_the_year', 'x')",
    "INSERT INTO shop_usermeta VALUES (1, 'Shop_capabilities'), (2, 'nickname')");
put_prefix_right($database, 'shop_');
check([['shop_user_roles'], ['Shop_of_the_year']], $database->query('SELECT option_name FROM shop_options ORDER BY option_id')->fetch_all(), 'roles');
check([['shop_capabilities'], ['nickname']], $database->query('SELECT meta_key FROM shop_usermeta ORDER BY umeta_id')->fetch_all(), 'capabilities');

echo json_encode(['seconds' => round($seconds, 1), 'peak' => $peak]), "\n";
